/* sts.h -- Security Token Service: who am I. GetCallerIdentity only; no roles, no sessions. */
#ifndef AFORO_EMULATOR_STS_STS_H
#define AFORO_EMULATOR_STS_STS_H

#include "emulator/core/service.h"

extern const struct emulator_service sts_service;

#endif
