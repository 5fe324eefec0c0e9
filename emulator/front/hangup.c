#include "hangup.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include "door.h"

/* Sockets are http1's: one that is closed meanwhile, or whose number is another's now, is told by
 * its state, which is looked at right before anything is done. */
struct hangup {
    int fd;
    struct hangup *next;
};

void hangup_watch(struct door *door, int fd)
{
    /* Pointers are even, so an odd number is none. */
    struct epoll_event e = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.u64 = (uint64_t)fd << 1 | 1};
    if (epoll_ctl(door->epoll, EPOLL_CTL_MOD, fd, &e) != 0) {
        (void)epoll_ctl(door->epoll, EPOLL_CTL_ADD, fd, &e);
    }
}

bool hangup_is(uint64_t event_data)
{
    return (event_data & 1) != 0;
}

void hangup_heard(struct door *door, uint64_t event_data)
{
    struct hangup *h = NEW(door->arena, struct hangup);
    *h = (struct hangup){.fd = (int)(event_data >> 1), .next = door->hangups};
    door->hangups = h;
}

/* true: nothing is left to do. */
static bool hangup_tell(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    int unread = 0;
    if (poll(&p, 1, 0) != 1 || (p.revents & POLLRDHUP) == 0) {
        return true; /* closed, or another connection */
    }
    if (ioctl(fd, FIONREAD, &unread) == 0 && unread > 0) {
        return false;
    }
    (void)shutdown(fd, SHUT_RD); /* whoever waits for it is woken */
    return true;
}

bool hangup_sweep(struct door *door)
{
    struct hangup **at = &door->hangups;
    while (*at != NULL) {
        struct hangup *h = *at;
        if (hangup_tell(h->fd)) {
            *at = h->next;
            arena_recycle(door->arena, h, sizeof(*h));
        } else {
            at = &h->next;
        }
    }
    return door->hangups != NULL;
}
