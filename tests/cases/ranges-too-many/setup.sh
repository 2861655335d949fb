#!/bin/sh
{
    echo 'services:'
    seq -f '  s%g: {image: x, ports: ["10000-20000:80"]}' 4500
} >compose.yaml
