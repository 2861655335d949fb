#!/bin/sh
printf '\177ELF\2\1\1\0\0\0Error: listen EADDRINUSE: address already in use :::3000\n' >program
