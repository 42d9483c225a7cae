// One call and no variable, as in the launcher: a top-level variable would link the concurrency runtime.
Probe.main()
