#!/usr/bin/env python3
"""A program to be called `docker` that knows `system dial-stdio` alone: connects its input and output with the socket
FAKE_DOCKER_SOCKET, as docker does."""

import os
import socket
import sys
import threading


def pump(read, write):
    while True:
        try:
            more = read(65536)
            if not more:
                return
            write(more)
        except OSError:
            return


def main():
    if sys.argv[-2:] != ["system", "dial-stdio"]:
        sys.exit("fake_docker: only system dial-stdio")
    engine = socket.socket(socket.AF_UNIX)
    engine.connect(os.environ["FAKE_DOCKER_SOCKET"])

    def send():
        pump(lambda n: os.read(0, n), engine.sendall)
        engine.shutdown(socket.SHUT_WR)

    threading.Thread(target=send, daemon=True).start()
    pump(engine.recv, lambda more: os.write(1, more))


if __name__ == "__main__":
    main()
