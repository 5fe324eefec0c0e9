/* s3control_service.h -- The emulated S3 Control: its entry in the emulator's table of services. */
#ifndef AFORO_EMULATOR_S3CONTROL_S3CONTROL_SERVICE_H
#define AFORO_EMULATOR_S3CONTROL_S3CONTROL_SERVICE_H

#include "emulator/core/service.h"

extern const struct emulator_service s3control_service;

#endif
