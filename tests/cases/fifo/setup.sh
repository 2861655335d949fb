#!/bin/sh
mkfifo compose.yaml
