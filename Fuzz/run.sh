#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fuzzes the decoders: Fuzz/run.sh [SECONDS-EACH] [NAME...]
#
# Without names, all of them. New inputs stay in .build/corpus; the seeds in Corpus/ and the inputs in
# Crashes/, which once broke something, are tried first. Exits with 1 when an input breaks a promise
# and leaves that input in Crashes/NAME/.
set -eu
cd "$(dirname "$0")"
seconds=${1:-20}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- NetworkAddresses STUN RTP JSON HTTP WebSocket EngineIO MessagePack SocketIOPackets \
    JSONCoding SocketIOCluster SockJS STOMP JWT CivilTime ICalendar \
    MeetingProtocol SDP Negotiation Congestion SRTP ICE DataChannels Forwarding TURNRelay

# The backtracer would hold the output open after a trap.
export SWIFT_BACKTRACE=enable=no

swift build --quiet

status=0
for name in "$@"; do
    found=.build/corpus/$name
    mkdir -p "$found" "Crashes/$name"
    seeds="Corpus/$name Crashes/$name"
    # The examples of the protocol are its seeds.
    [ "$name" != MeetingProtocol ] || seeds="../Fixtures/meeting $seeds"
    case $name in SDP | Negotiation) seeds="../Fixtures/sdp $seeds" ;; esac
    dictionary=
    [ ! -f "Corpus/$name.dict" ] || dictionary=-dict=Corpus/$name.dict
    # These are decoded byte by byte as well, which takes its time.
    case $name in HTTP | WebSocket | STOMP) longest=512 ;; SDP | Negotiation) longest=12288 ;; *) longest=2048 ;; esac
    log=.build/$name.log
    # shellcheck disable=SC2086 # both are lists of words
    if ! .build/debug/Fuzz"$name" -max_total_time="$seconds" -max_len="$longest" -timeout=5 \
        -rss_limit_mb=2048 -use_value_profile=1 -print_final_stats=1 -print_funcs=0 $dictionary \
        -artifact_prefix="Crashes/$name/" "$found" $seeds >"$log" 2>&1; then
        status=1
        echo "$name: a promise is broken, or the program crashed:"
        tail -n 40 "$log"
    fi
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "$name: ${inputs:-no} inputs in $seconds seconds, $(find "$found" -type f | wc -l) kept"
    rmdir "Crashes/$name" 2>/dev/null || true
done
rmdir Crashes 2>/dev/null || true
exit $status
