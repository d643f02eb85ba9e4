"""`python -m bench`: every comparison, one after the other."""

from bench import parametric, speak, startup, vieneu

if __name__ == "__main__":
    startup.main()
    speak.main()
    vieneu.main()
    parametric.main()
