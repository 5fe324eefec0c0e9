/* platform.h -- Applications of push services, and the devices that are registered with them. */
#ifndef AFORO_EMULATOR_SNS_PLATFORM_H
#define AFORO_EMULATOR_SNS_PLATFORM_H

#include "sns_state.h"

#define SNS_PLATFORM_ITEMS_MAX 100000
struct platform_application {
    struct str arn; /* arn:aws:sns:REGION:ACCOUNT:app/PLATFORM/NAME */
    struct text_list attributes;
};
struct platform_endpoint {
    struct str arn;              /* arn:aws:sns:REGION:ACCOUNT:endpoint/PLATFORM/NAME/UUID */
    struct text_list attributes; /* CustomUserData, Enabled, Token */
};
bool platform_endpoint_is_enabled(const struct platform_endpoint *e);

#endif
