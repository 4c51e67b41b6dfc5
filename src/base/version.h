/*
 * Purpose: the version of this program, as `dancu version` and `/metrics` tell it.
 */
#ifndef DANCU_BASE_VERSION_H
#define DANCU_BASE_VERSION_H

#define DANCU_VERSION "0.1.0"

#endif
