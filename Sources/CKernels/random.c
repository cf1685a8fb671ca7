#include "kernels.h"

void ck_philox_block(ck_philox_key key, uint32_t block, uint32_t *output) {
    uint32_t c[4] = {block, key.round, key.client, key.purpose};
    ck_philox_rounds(c, (uint32_t)key.seed, (uint32_t)(key.seed >> 32));
    for (int i = 0; i < 4; i++) output[i] = c[i];
}
