/* sts.h -- Security Token Service: who am I, and credentials for a
 * while. No roles are kept, no sessions are remembered. */
#ifndef AFORO_EMULATOR_STS_STS_H
#define AFORO_EMULATOR_STS_STS_H

#include "emulator/core/service.h"

extern const struct emulator_service sts_service;

#endif
