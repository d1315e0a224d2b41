// SPDX-License-Identifier: Apache-2.0
internal import CivilTime
internal import ZoneFiles

extension ZoneFiles {
    /// The offsets of a zone from two days before `time`, so that today is whole everywhere, until a year and
    /// a few days after. A zone that this machine does not know counts as UTC.
    ///
    /// They begin at a midnight: hours without a gap are one window from there on, and slots that are cut from
    /// its beginning must not move while somebody fills in the form.
    /// - Parameter time: Milliseconds since 1970.
    func spans(of zone: String, around time: Int64) -> [OffsetSpan] {
        let today = time / 86_400_000 * 86_400
        return (rules(of: zone) ?? .utc).spans(from: today - 2 * 86_400, until: today + 371 * 86_400)
    }
}
