"""`python -m vnclone …`"""

if __name__ == "__main__":
    from vnclone.cli import main

    main()
