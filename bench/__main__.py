"""`python -m bench`: every comparison, one after the other."""

from bench import drift, parallel, parametric, speak, startup, vieneu

if __name__ == "__main__":
    startup.main()
    speak.main()
    vieneu.main()
    parallel.main()
    drift.main()
    parametric.main()
