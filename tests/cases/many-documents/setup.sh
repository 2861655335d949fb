#!/bin/sh
yes -- --- | head -n 300000 >compose.yaml
