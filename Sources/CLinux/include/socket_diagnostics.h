// Netlink's socket monitoring (sock_diag(7)): the structures of one request and its answers.
#pragma once

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

static const uint16_t clinux_sock_diag_by_family = SOCK_DIAG_BY_FAMILY;
// TCP_LISTEN is 10 (netinet/tcp.h); a request names states as bits.
static const uint32_t clinux_state_listen = 1 << 10;
// A filter that the kernel runs over each socket: comparisons of the local port, and a jump.
static const uint16_t clinux_filter_attribute = INET_DIAG_REQ_BYTECODE;
static const uint8_t clinux_filter_source_at_least = INET_DIAG_BC_S_GE;
static const uint8_t clinux_filter_source_at_most = INET_DIAG_BC_S_LE;
static const uint8_t clinux_filter_jump = INET_DIAG_BC_JMP;
static const uint16_t clinux_dump_request = NLM_F_REQUEST | NLM_F_DUMP;
static const uint16_t clinux_message_done = NLMSG_DONE;
static const uint16_t clinux_message_error = NLMSG_ERROR;
static const int clinux_netlink_sock_diag = NETLINK_SOCK_DIAG;
static const uint32_t clinux_show_unix_name = UDIAG_SHOW_NAME;
static const uint16_t clinux_unix_name = UNIX_DIAG_NAME;
