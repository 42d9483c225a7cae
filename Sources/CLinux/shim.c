// Every shim is inline, in include/. SwiftPM wants a source file in a C target.
