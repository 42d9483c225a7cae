// The launcher stays single-threaded from here to exec: no async, no Dispatch, no Foundation.
//
// One call and no variable: a top-level variable belongs to the main actor, and @main asks for it too; either
// links the concurrency runtime with its threads.
Program.main()
