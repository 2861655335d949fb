#!/bin/sh
awk 'BEGIN { for (i = 0; i < 2000; i++) { for (j = 0; j < i; j++) printf " "; print "a:" } }' >compose.yaml
