#!/bin/sh
dir=.
for _ in 1 2 3 4 5 6 7 8 9 10; do dir=$dir/a/b/c/d/e/f/g; done
mkdir -p "$dir"
printf 'services:\n  web: {image: nginx, ports: ["8080:80"]}\n' >compose.yaml
