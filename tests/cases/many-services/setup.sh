#!/bin/sh
awk 'BEGIN {
    print "services:"
    for (i = 0; i < 300; i++) printf "  s%d: {image: nginx, ports: [\"8080:80\"]}\n", i
}' >compose.yaml
