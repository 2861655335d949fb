#!/bin/sh
{
    echo 'services:'
    echo '  a: {image: x, ports: ["8080:80"]}'
    echo '  b: {image: x, ports: ["8080:80"]}'
    seq -f '  s%g: {image: x}' 30000
} >compose.yaml
