#include "kernels.h"

ck_philox_output ck_philox_block(ck_philox_key key, uint32_t block) {
    ck_philox_output output = {{block, key.round, key.client, key.purpose}};
    ck_philox_rounds(output.words, (uint32_t)key.seed, (uint32_t)(key.seed >> 32));
    return output;
}
