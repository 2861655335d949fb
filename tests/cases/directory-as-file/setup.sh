#!/bin/sh
mkdir project.yaml
