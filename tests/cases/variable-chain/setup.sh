#!/bin/sh
# ${A:-${A:-… 5000 deep
awk 'BEGIN {
    printf "services:\n  web:\n    image: nginx\n    ports:\n      - \""
    for (i = 0; i < 5000; i++) printf "${A:-"
    printf "8080"
    for (i = 0; i < 5000; i++) printf "}"
    print ":80\""
}' >compose.yaml
