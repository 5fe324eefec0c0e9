/* route_tables.h -- Models without operations, for answering in an envelope when no service is to
 * blame. Private. */
#ifndef AFORO_EMULATOR_CORE_ROUTE_TABLES_H
#define AFORO_EMULATOR_CORE_ROUTE_TABLES_H

#include "wire/shape.h"

extern const struct service_model route_unknown_json, route_unknown_query, route_unknown_rest;

#endif
