"""The entry of the app, here and on a Hugging Face Space. All is under the guard: workers import this file too."""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - without make nothing else checks
        sys.exit("vnclone needs Python 3.11 or newer. / vnclone cần Python 3.11 trở lên.")
    from vnclone.cli import main

    main(["serve"])
