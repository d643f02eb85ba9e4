"""`python -m bench`: every comparison, one after the other."""

from bench import parametric, speak, startup

if __name__ == "__main__":
    startup.main()
    speak.main()
    parametric.main()
