/* kinesis_service.h -- Amazon Kinesis Data Streams, as the core registers it. */
#ifndef AFORO_EMULATOR_KINESIS_KINESIS_SERVICE_H
#define AFORO_EMULATOR_KINESIS_KINESIS_SERVICE_H

#include "emulator/core/service.h"

extern const struct emulator_service kinesis_service;

#endif
