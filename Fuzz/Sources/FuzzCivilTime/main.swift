// SPDX-License-Identifier: Apache-2.0

import CivilTime
import FuzzKit

/// The input is a TZif file. Whatever it says, the spans of a year are without gaps and agree with the offsets.
fuzz { bytes in
    guard let rules = accepted({ try TimeZoneRules(decoding: bytes) }) else { return }
    for start in [-5_000_000_000, 0, 1_800_000_000, Int64.max] as [Int64] {
        let end = start.addingReportingOverflow(400 * 86_400)
        let spans = rules.spans(from: start, until: end.overflow ? .max : end.partialValue)
        for (index, span) in spans.enumerated() {
            promise(span.start < span.end, "a span has a length")
            promise(index == 0 || spans[index - 1].end == span.start, "spans leave no gap")
            promise(index == 0 || spans[index - 1].offset != span.offset, "neighbours differ")
            promise(rules.offset(at: span.start) == span.offset, "a span has the offset of its start")
            promise(rules.offset(at: span.end - 1) == span.offset, "and of its end")
        }
    }
}
