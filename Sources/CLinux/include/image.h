// Where the linker put this program's text (end(3)).
#pragma once

#include <stdint.h>

extern const char __executable_start;
extern const char etext;

static inline uintptr_t clinux_image_start(void) {
    return (uintptr_t)&__executable_start & ~(uintptr_t)4095;
}

static inline uintptr_t clinux_image_text_end(void) {
    return (uintptr_t)&etext & ~(uintptr_t)4095;
}
