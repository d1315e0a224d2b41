// SPDX-License-Identifier: Apache-2.0
import Glibc
import LoadGenerator
import ServerConfig

/// What `parley load` was asked for.
struct LoadRequest {
    var plan: LoadPlan
    /// Where the figures go as JSON; `-` for standard output, in place of the words.
    var file: String?

    private static let options = [
        "--rooms", "--people", "--publishers", "--seconds", "--via", "--bitrate", "--fps", "--joins",
        "--token-file", "--authority", "--pid", "--json", "--meeting", "--picture",
    ]
    private static let flags = ["--simulcast", "--no-video"]

    init(_ arguments: [String]) throws(UsageError) {
        var values: [String: String] = [:]
        var words: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                words.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            let name = parts[0]
            if Self.flags.contains(name), parts.count == 1 {
                values[name] = ""
            } else if Self.options.contains(name) {
                guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                    throw UsageError("\(name) needs a value.")
                }
                values[name] = value
            } else {
                throw UsageError(
                    "There is no option \"\(name)\""
                        + Spelling.suggestion(for: name, among: Self.options + Self.flags, otherwise: "."))
            }
        }
        guard words.count == 1, let server = LoadURL(parsing: words[0]) else {
            throw UsageError(
                "parley load needs the server's address, e.g. parley load https://localhost:8443.")
        }
        plan = LoadPlan(server: server)
        try take(values)
    }

    private mutating func take(_ values: [String: String]) throws(UsageError) {
        func number(_ name: String, _ range: ClosedRange<Int>, _ otherwise: Int) throws(UsageError) -> Int {
            guard let text = values[name] else { return otherwise }
            guard let value = Int(text), range.contains(value) else {
                throw UsageError("\(name) needs a number from \(range.lowerBound) to \(range.upperBound).")
            }
            return value
        }
        plan.rooms = try number("--rooms", 1...1_000, 1)
        plan.people = try number("--people", 1...2_000, 2)
        plan.publishers = try number("--publishers", 0...2_000, .max)
        plan.seconds = try number("--seconds", 1...3_600, 10)
        plan.joinsAtOnce = try number("--joins", 1...64, 8)
        plan.frameRate = try number("--fps", 1...60, 30)
        plan.videoBitrate = try number("--bitrate", 50...20_000, 1_000) * 1_000
        plan.process = try values["--pid"] == nil ? nil : Int32(number("--pid", 1...Int(Int32.max), 1))
        if let way = values["--via"] {
            guard let way = LoadPlan.Way(rawValue: way) else { throw UsageError("--via is meet or whip.") }
            plan.way = way
        }
        plan.isSimulcast = values["--simulcast"] != nil
        plan.sendsVideo = values["--no-video"] == nil
        plan.authorityFile = values["--authority"]
        file = values["--json"]
        plan.meeting = values["--meeting"]
        if plan.meeting != nil, plan.rooms > 1 || plan.way != .meet {
            throw UsageError(
                "--meeting is one meeting that people join as pages do: leave --rooms and --via out.")
        }
        try takePicture(values["--picture"])
        if let path = values["--token-file"] {
            guard let bytes = read(file: path, atMost: 16_384) else {
                throw UsageError("\(path) cannot be read, or is too large for a token.")
            }
            plan.token = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
                .map(String.init)
        }
    }

    private mutating func takePicture(_ path: String?) throws(UsageError) {
        guard let path else { return }
        guard !plan.isSimulcast, plan.sendsVideo else {
            throw UsageError("--picture has one size: it goes without --simulcast and --no-video.")
        }
        guard let bytes = read(file: path, atMost: PictureFile.largest) else {
            throw UsageError("\(path) cannot be read, or is larger than \(PictureFile.largest >> 20) MB.")
        }
        do throws(PictureFile.Fault) { plan.picture = try PictureFile(bytes) } catch {
            throw UsageError("\(path) cannot be shown: \(error).")
        }
    }

    /// - Returns: `nil` also for a file that has more bytes.
    private func read(file path: String, atMost largest: Int) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(descriptor, &part, part.count)
            guard count >= 0 else { return nil }
            if count == 0 { return content }
            content += part[..<count]
            guard content.count <= largest else { return nil }
        }
    }
}

/// `parley load`; returns the program's exit status: 1 when somebody could not join or saw nothing.
func load(_ request: LoadRequest) -> Int32 {
    do throws(LoadFailure) {
        let report = try LoadRun.perform(request.plan) { printError("parley: \($0)\n") }
        if request.file != "-" { printOutput(report.summary) }
        if let file = request.file, !write(report.json + "\n", to: file) {
            printError("parley: \(file) cannot be written.\n")
            return ExitStatus.unavailable
        }
        return report.isComplete ? ExitStatus.success : 1
    } catch {
        printError("parley: \(error)\n")
        return ExitStatus.unavailable
    }
}

private func write(_ text: String, to path: String) -> Bool {
    if path == "-" {
        printOutput(text)
        return true
    }
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { return false }
    let bytes = Array(text.utf8)
    let isWritten = unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    return close(descriptor) == 0 && isWritten
}
