"""usage: test_installed.py BUILD - after a plain `cmake --install`, each shell finds its completion without any setting.

The program is installed to a folder, which then covers /usr/local and /etc/fish/completions in a mount namespace of the test alone;
bash (with bash-completion), zsh and fish start there as for a user without settings, and man looks for the pages. Exit
77: the namespace cannot be made, or /usr/local is not the prefix. A shell that is not installed is skipped, and said so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.path.abspath(sys.argv.pop(1))
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
ALONE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]


def is_usual_prefix():
    with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as file:
        return "CMAKE_INSTALL_PREFIX:PATH=/usr/local\n" in file.read()


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.home = os.path.join(folder.name, "home")
        cls.root = os.path.join(folder.name, "root")
        os.mkdir(cls.home)
        os.makedirs(os.path.join(cls.root, "etc/fish/completions"))
        subprocess.run(["cmake", "--install", BUILD], env={**os.environ, "DESTDIR": cls.root}, check=True,
                       stdout=subprocess.DEVNULL)

    def in_shell(self, *words):
        """What a shell says beside the installed files, with nothing in its environment but HOME and PATH."""
        cover = 'for at in usr/local etc/fish/completions; do [ ! -d "/$at" ] || mount --bind "$0/$at" "/$at" || exit 99; done; ' \
                'exec env -i HOME="$1" PATH=/usr/local/bin:/usr/bin:/bin "${@:2}"'
        done = subprocess.run([*ALONE, "bash", "-c", cover, self.root, self.home, *words], cwd=self.home, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return done.stdout

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish(self):
        self.assertIn("--lint\t", self.in_shell("fish", "-c", "complete -C 'kportscan --lin'"))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh(self):
        script = "autoload -Uz compinit; compinit -D -u; print $_comps[kportscan]; autoload +X _kportscan && print found"
        self.assertEqual(self.in_shell("zsh", "-c", script), "_kportscan\nfound\n")

    @unittest.skipUnless(os.path.exists(BASH_COMPLETION), "bash-completion is not installed")
    def test_bash(self):
        script = f". {BASH_COMPLETION}; _completion_loader kportscan; complete -p kportscan"
        self.assertRegex(self.in_shell("bash", "--norc", "-c", script), r"-F \w+ kportscan\n\Z")

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_man(self):
        self.assertIn("/usr/local/share/man/man1/kportscan.1", self.in_shell("man", "-w", "kportscan"))


if __name__ == "__main__":
    if not is_usual_prefix() or subprocess.run([*ALONE, "mount", "--bind", "/tmp", "/mnt"], check=False).returncode:
        print("SKIP: no mount namespace, or another prefix")
        sys.exit(77)
    unittest.main()
