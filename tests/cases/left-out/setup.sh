#!/bin/sh
mkdir .git
printf '/build/\nlocal.yaml\n' > .gitignore
printf '!local.yaml\n' > deploy/keep/.gitignore
