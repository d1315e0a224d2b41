// SPDX-License-Identifier: Apache-2.0
internal import CivilTime
internal import ZoneFiles

extension ZoneFiles {
    /// The offsets of a zone from two days before `time`, so that today is whole everywhere, until a year and
    /// a few days after. A zone that this machine does not know counts as UTC.
    /// - Parameter time: Milliseconds since 1970.
    func spans(of zone: String, around time: Int64) -> [OffsetSpan] {
        let now = time / 1000
        return (rules(of: zone) ?? .utc).spans(from: now - 2 * 86_400, until: now + 370 * 86_400)
    }
}
