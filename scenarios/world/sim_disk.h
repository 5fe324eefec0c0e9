/* sim_disk.h -- A disk that can lose power, as a VFS of SQLite (https://sqlite.org/vfs.html). What
 * is written is pending until its file is synced; what is pending when the power goes is dropped,
 * torn at a sector or kept out of order, by a draw. A file that was made or deleted and not synced
 * may be back as it was. Locks and shared memory are those of one machine, and end with the power.
 *
 * Faults (`on: disk:write|sync|truncate|delete|read`, `where: {file: main|wal|journal|other}`):
 * - reject: EIO (error: ENOSPC: the disk is full); nothing is done. A later sync includes what one
 *   that failed was for
 * - apply_reject: done, and EIO
 * - partial, of a write: some of its sectors, then EIO or ENOSPC
 * - partial, of a sync: EIO, and what it was for stays readable and is never synced again, as on
 *   Linux's ext4 (Rebello et al., Can Applications Recover from fsync Failures?, ATC 2020)
 * - lose_request, of a sync: a lie. It says that it is done, and nothing is
 * - delay: done, and slow
 * - kill: the power goes, before this operation or after it, as a coin says
 *
 * One disk a process at a time: SQLite knows it by SIM_DISK_VFS.  Threads: one. */
#ifndef AFORO_SCENARIOS_WORLD_SIM_DISK_H
#define AFORO_SCENARIOS_WORLD_SIM_DISK_H

#include "emulator/fault/fault_plan.h"

#define SIM_DISK_VFS "aforo-disk"
struct sim_disk;
struct sim_disk_hooks {
    /* phase NONE: go on, also where nobody is to meet a fault */
    struct fault_decision (*decide)(void *ctx, const char *operation, struct str file);
    void (*lost_power)(void *ctx, int64_t restart_us); /* it has just happened */
    int64_t (*wall_us)(void *ctx);
    void *ctx;
};
/* Registers the VFS; ends with `a`. Without hooks nothing fails, and the wall clock is at 0. */
struct sim_disk *sim_disk_new(struct arena *a, uint64_t seed);
void sim_disk_hook(struct sim_disk *disk, const struct sim_disk_hooks *hooks);
/* The power goes now: every open file is dead for good, what was not synced is decided. `draw`
 * decides. */
void sim_disk_power_loss(struct sim_disk *disk, uint64_t draw);
unsigned sim_disk_generation(const struct sim_disk *disk); /* 1 + how often the power went */
/* What slow operations have added up to since the last call. */
int64_t sim_disk_slow_us(struct sim_disk *disk);

#endif
