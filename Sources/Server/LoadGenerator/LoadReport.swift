// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import JSON

/// What a run found out.
public struct LoadReport: Sendable {
    let plan: LoadPlan
    let joined: Int
    /// Why joins failed, each once for each.
    public let failures: [String]
    let joining: Duration
    let measured: Duration
    let before: LoadTotals
    let after: LoadTotals
    let audioDelay: Histogram
    let videoDelay: Histogram
    let connected: Histogram
    let firstPacket: Histogram
    let firstFrame: Histogram
    let lostSeats: Int
    let serverSeconds: Double?

    /// Whether everybody came in, and every picture that began to come was seen.
    public var isComplete: Bool {
        failures.isEmpty && after.blankPictures == 0 && lostSeats == 0 && received > 0
    }

    private var sent: UInt64 { after.sent &- before.sent }
    var received: UInt64 { after.received &- before.received }
    private var lost: UInt64 { after.lost > before.lost ? after.lost - before.lost : 0 }
    private var period: Double { Double(measured.nanoseconds) / 1e9 }
    private var freezes: UInt64 { after.freezes &- before.freezes }
    private var frozen: Duration { after.frozen - before.frozen }

    /// For people.
    public var summary: String {
        let mbits = Double(after.bytes &- before.bytes) * 8 / period / 1e6
        var lines = [
            "people        \(joined) of \(plan.way == .meet ? plan.rooms * plan.people : plan.rooms * (plan.people + plan.publishersInRoom)) joined"
                + (failures.isEmpty ? "" : ", \(failures.count) failed"),
            "join          " + line(connected, "until connected") + "; "
                + line(firstPacket, "until the first packet"),
            "first frame   " + line(firstFrame, ""),
            "pictures      \(after.wantedPictures - after.blankPictures) of \(after.wantedPictures) that were asked for; "
                + "\(after.audioStreams) streams of sound",
            "packets       \(sent) sent, \(received) received (\(Int(Double(received) / period)) a second, \(fixed(mbits, 1)) Mbit/s)",
            "lost          \(lost) (\(fixed(received + lost > 0 ? Double(lost) * 100 / Double(received + lost) : 0, 3)) %), \(after.repaired &- before.repaired) late or repeated",
            "video delay   " + line(videoDelay, ""),
            "audio delay   " + line(audioDelay, ""),
            "freezes       \(freezes), \(milliseconds(frozen)) ms in all; \(after.frames &- before.frames) frames",
        ]
        if plan.isSimulcast {
            lines.append("sizes         changed \(after.sizeChanges &- before.sizeChanges) times")
        }
        if let serverSeconds {
            let perSecond = serverSeconds > 0 ? Double(received) / serverSeconds : 0
            lines.append(
                "server        \(fixed(serverSeconds * 100 / period, 1)) % of a core, \(Int(perSecond)) packets for each second of it"
            )
        }
        if after.unsent > before.unsent {
            lines.append("not sent      \(after.unsent - before.unsent) for want of room in buffers here")
        }
        if after.unopened > 0 { lines.append("not opened    \(after.unopened) packets") }
        if lostSeats > 0 { lines.append("signalling    \(lostSeats) lost") }
        for failure in Set(failures).sorted().prefix(5) { lines.append("failed        \(failure)") }
        return lines.map { "  " + $0 }.joined(separator: "\n") + "\n"
    }

    private func line(_ times: Histogram, _ what: String) -> String {
        guard let median = times.percentile(0.5), let most = times.percentile(0.99) else {
            return "none \(what)"
        }
        let tail = times.count >= 1000 ? ", p99.9 \(milliseconds(times.percentile(0.999) ?? most))" : ""
        return "p50 \(milliseconds(median)), p99 \(milliseconds(most))\(tail) ms"
            + (what.isEmpty ? "" : " \(what)")
    }

    /// For programs. Times are milliseconds.
    public var json: String { value.formatted }

    private var value: JSONValue {
        var members: [(String, JSONValue)] = [
            ("server", .string("\(plan.server)")), ("via", .string(plan.way.rawValue)),
            ("rooms", number(plan.rooms)), ("people", number(plan.people)),
            ("publishers", number(plan.publishersInRoom)), ("seconds", real(period)),
            ("joined", number(joined)),
            ("failed", number(failures.count)), ("joining", time(joining)), ("connected", times(connected)),
            ("firstPacket", times(firstPacket)), ("firstFrame", times(firstFrame)),
            ("videoStreams", number(after.videoStreams)), ("audioStreams", number(after.audioStreams)),
            ("wantedPictures", number(after.wantedPictures)), ("blankPictures", number(after.blankPictures)),
            ("sent", number(sent)),
            ("received", number(received)),
            ("receivedBytes", number(after.bytes &- before.bytes)), ("lost", number(lost)),
            ("repaired", number(after.repaired &- before.repaired)),
            ("frames", number(after.frames &- before.frames)), ("freezes", number(freezes)),
            ("frozen", time(frozen)), ("sizeChanges", number(after.sizeChanges &- before.sizeChanges)),
            ("videoDelay", times(videoDelay)), ("audioDelay", times(audioDelay)),
            ("unopened", number(after.unopened)), ("unsent", number(after.unsent &- before.unsent)),
            ("lostSeats", number(lostSeats)),
        ]
        if let serverSeconds {
            members.append(("serverCPU", real(serverSeconds / period)))
            let each = serverSeconds > 0 ? Double(received) / serverSeconds : 0
            members.append(("packetsPerCPUSecond", real(each)))
        }
        members.append(("failures", .array(Set(failures).sorted().prefix(20).map { .string($0) })))
        return .object(JSONObject(members))
    }

    private func number(_ value: some BinaryInteger) -> JSONValue {
        .number(JSONNumber(Int64(clamping: value)))
    }
    private func real(_ value: Double) -> JSONValue { .number(JSONNumber((value * 1000).rounded() / 1000)) }
    private func time(_ duration: Duration) -> JSONValue { real(Double(duration.nanoseconds) / 1e6) }
    private func times(_ times: Histogram) -> JSONValue {
        guard let p50 = times.percentile(0.5), let p90 = times.percentile(0.9),
            let p99 = times.percentile(0.99),
            let p999 = times.percentile(0.999)
        else { return .null }
        return .object(
            JSONObject([
                ("count", number(times.count)), ("p50", time(p50)), ("p90", time(p90)), ("p99", time(p99)),
                ("p999", time(p999)), ("max", time(times.largest)),
            ]))
    }
}

/// A number with so many places behind the point.
func fixed(_ value: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
    let whole = Int((value * Double(scale)).rounded())
    guard places > 0 else { return "\(whole)" }
    let rest = "\(abs(whole) % scale)"
    return
        "\(whole < 0 ? "-" : "")\(abs(whole) / scale).\(String(repeating: "0", count: places - rest.count))\(rest)"
}

func milliseconds(_ duration: Duration) -> String { fixed(Double(duration.nanoseconds) / 1e6, 2) }
func seconds(_ duration: Duration) -> String { fixed(Double(duration.nanoseconds) / 1e9, 1) }
