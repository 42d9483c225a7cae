import Cage

// As in the launcher: one call, and no variable that would bring the concurrency runtime with it.
CageProgram.main()
