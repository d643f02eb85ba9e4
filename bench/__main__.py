"""`python -m bench`: every comparison, one after the other."""

from bench import assembly, docx, drift, durable, lanes, parallel, parametric, pdf, speak, startup, vieneu

if __name__ == "__main__":
    startup.main()
    lanes.main()
    speak.main()
    durable.main()
    assembly.main()
    docx.main()
    pdf.main()
    vieneu.main()
    parallel.main()
    drift.main()
    parametric.main()
