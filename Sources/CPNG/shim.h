#pragma once
#include <png.h>
#include <setjmp.h>
#include <string.h>

/* libpng leaves by longjmp where something is wrong, which Swift's frames cannot take: so all of its calls
   are made here, and no frame of Swift's lies between them. */

/* What is read, and why it cannot be. */
typedef struct {
    const unsigned char *bytes;
    size_t count;
    size_t place;
    int is_cut;
    char problem[160];
} cpng_source;

static inline void cpng_fail(png_structp png, png_const_charp words) {
    cpng_source *source = (cpng_source *)png_get_error_ptr(png);
    if (source->problem[0] == 0) {
        strncpy(source->problem, words, sizeof source->problem - 1);
        source->problem[sizeof source->problem - 1] = 0;
    }
    png_longjmp(png, 1);
}

static inline void cpng_ignore(png_structp png, png_const_charp words) {
    (void)png;
    (void)words;
}

static inline void cpng_give(png_structp png, png_bytep room, size_t count) {
    cpng_source *source = (cpng_source *)png_get_io_ptr(png);
    if (count > source->count - source->place) {
        source->is_cut = 1;
        png_error(png, "it is cut short");
    }
    memcpy(room, source->bytes + source->place, count);
    source->place += count;
}

/* Decodes into `room`, rows of width * *channels bytes one after the other: 8 bits a channel, palettes and
   few bits expanded, 16 bits cut to the upper 8, transparency as a last channel of its own. The size must be
   what the caller has seen in the header and made room for, `capacity` bytes. 0 where it went well. */
static inline int cpng_decode(
    cpng_source *source, unsigned width, unsigned height, unsigned char *room, size_t capacity,
    int *channels) {
    png_structp png = png_create_read_struct(
        PNG_LIBPNG_VER_STRING, source, cpng_fail, cpng_ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        strcpy(source->problem, "libpng could not begin");
        png_destroy_read_struct(png ? &png : NULL, NULL, NULL);
        return 1;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return 1;
    }
    png_set_read_fn(png, source, cpng_give);
    png_set_user_limits(png, width, height);
    png_set_chunk_cache_max(png, 64);
    png_set_chunk_malloc_max(png, 1 << 20);
    png_read_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height)
        png_error(png, "its header says two sizes");
    png_set_expand(png);
    png_set_strip_16(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    *channels = png_get_channels(png, info);
    size_t row = png_get_rowbytes(png, info);
    if (row != (size_t)width * (size_t)*channels || row > capacity / height)
        png_error(png, "its rows are of another size than its header says");
    for (int pass = 0; pass < passes; pass++)
        for (unsigned line = 0; line < height; line++)
            png_read_row(png, room + line * row, NULL);
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
}
