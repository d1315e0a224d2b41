// SPDX-License-Identifier: Apache-2.0

/// What a configuration is made from, besides the defaults.
public struct ConfigLayers: Sendable {
    /// One setting given on the command line.
    public struct Argument: Hashable, Sendable {
        public var key: String
        public var value: String
        /// As it was written: `--listen`, `--set`.
        public var written: String

        public init(key: String, value: String, written: String) {
            self.key = key
            self.value = value
            self.written = written
        }
    }

    /// What reading a configuration file gave.
    public enum File: Sendable {
        case text([UInt8])
        case missing
        /// One clause that says why.
        case unreadable(String)
    }

    /// Named by `--config`; otherwise `parley.conf` in the data folder is used if it is there.
    public var file: String?
    /// All variables; those that do not begin with `PARLEY_` are ignored.
    public var environment: [String: String]
    /// In the order given: a later one wins.
    public var arguments: [Argument]
    public var read: @Sendable (String) -> File
    /// Whether pages are to be served, or the relay alone: `parley turn`.
    public var servesPages = true
    /// One clause that says why a file which a setting names cannot be used; `nil` when it can.
    public var whyUnusable: @Sendable (String) -> String?
    /// One clause that says why a file is no logo; `nil` when it is one.
    public var whyNoLogo: @Sendable (String) -> String? = { _ in nil }

    public init(
        file: String? = nil, environment: [String: String] = [:], arguments: [Argument] = [],
        read: @escaping @Sendable (String) -> File = { _ in .missing },
        whyUnusable: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.file = file
        self.environment = environment
        self.arguments = arguments
        self.read = read
        self.whyUnusable = whyUnusable
    }
}

/// A configuration and where each value came from.
public struct LoadedConfig: Sendable {
    public internal(set) var config = ServerConfig()
    private var sources: [String: SettingSource] = [:]

    public func source(of key: String) -> SettingSource { sources[key] ?? .defaults }

    /// Sets one value; says what is wrong when it cannot.
    mutating func set(_ key: String, to text: String, from source: SettingSource) -> ServerConfigError
        .Problem?
    {
        func problem(_ reason: String) -> ServerConfigError.Problem {
            .init(key: key, source: source.description, reason: reason)
        }
        guard let setting = Setting.named(key) else {
            return problem("no such setting" + Spelling.suggestion(for: key, among: Setting.all.map(\.key)))
        }
        guard setting.apply(&config, text) else { return problem("\(quoted(text)) is not \(setting.format)") }
        sources[key] = source
        return nil
    }

    /// Sets what follows from another setting.
    mutating func imply(_ key: String, because cause: String, _ change: (inout ServerConfig) -> Void) {
        change(&config)
        sources[key] = .implied(by: cause)
    }

    /// `text` in quotation marks, short and printable.
    private func quoted(_ text: String) -> String {
        let printable = text.unicodeScalars.prefix(80).map { $0.value < 0x20 ? "\u{FFFD}" : String($0) }
        return "\"\(printable.joined())\(text.unicodeScalars.count > 80 ? "…" : "")\""
    }
}

extension ServerConfig {
    /// Reads the layers, each over the one before: defaults, file, environment, arguments.
    ///
    /// - Throws: Every problem of every layer. Combinations are checked only of values that are right.
    public static func load(_ layers: ConfigLayers) throws(ServerConfigError) -> LoadedConfig {
        var loader = Loader()
        loader.loadFile(of: layers)
        loader.load(environment: layers.environment)
        for argument in layers.arguments {
            loader.set(argument.key, to: argument.value, from: .argument(argument.written))
        }
        loader.infer()
        loader.problems += loader.loaded.problemsOfFiles(layers)
        if loader.combinesRightValues {
            loader.problems += loader.loaded.conflicts(servesPages: layers.servesPages)
        }
        guard loader.problems.isEmpty else { throw ServerConfigError(problems: loader.problems) }
        return loader.loaded
    }
}

/// Goes through the layers and collects what is wrong with them.
private struct Loader {
    var loaded = LoadedConfig()
    var problems: [ServerConfigError.Problem] = []

    /// What is said of a combination would mislead while one of its values is wrong.
    var combinesRightValues: Bool {
        let combined: Set = [
            "http.listen", "http.trusted-proxies", "http.strict-transport-security", "tls.mode",
            "tls.certificate",
            "tls.key",
        ]
        return problems.allSatisfy { problem in problem.key.map { !combined.contains($0) } ?? true }
    }

    mutating func set(_ key: String, to text: String, from source: SettingSource) {
        if let problem = loaded.set(key, to: text, from: source) { problems.append(problem) }
    }

    private mutating func report(_ source: String, key: String? = nil, _ reason: String) {
        problems.append(.init(key: key, source: source, reason: reason))
    }

    mutating func loadFile(of layers: ConfigLayers) {
        let path: String
        if let file = layers.file {
            path = file
        } else {
            let folder =
                layers.arguments.last { $0.key == "data.folder" }?.value
                ?? layers.environment["PARLEY_DATA_FOLDER"] ?? ServerConfig().data.folder
            path = folder + (folder.hasSuffix("/") ? "" : "/") + "parley.conf"
        }
        switch layers.read(path) {
        case .missing where layers.file == nil: break
        case .missing: report(path, "there is no such file")
        case .unreadable(let reason): report(path, reason)
        case .text(let bytes): load(bytes, of: path, wasFound: layers.file == nil)
        }
    }

    /// - Parameter wasFound: The file was not named but found in the data folder, which it cannot move.
    private mutating func load(_ bytes: [UInt8], of path: String, wasFound: Bool) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return report(path, "this file is not UTF-8 text")
        }
        var firstLines: [String: Int] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let line = line.trimmed
            guard !line.isEmpty, line.first != "#" else { continue }
            let place = SettingSource.file(path, line: index + 1)
            guard let sign = line.firstIndex(of: "=") else {
                report(place.description, "expected a line such as: http.listen = 0.0.0.0:8443")
                continue
            }
            let key = String(line[..<sign].trimmed)
            if let first = firstLines.updateValue(index + 1, forKey: key) {
                report(place.description, key: key, "already set in line \(first)")
            } else if wasFound && key == "data.folder" {
                report(
                    place.description, key: key,
                    "a file inside the data folder cannot move it; use --data, or name the file with --config"
                )
            } else {
                set(key, to: String(line[line.index(after: sign)...].trimmed), from: place)
            }
        }
    }

    mutating func load(environment: [String: String]) {
        // Sorted, because a dictionary's order differs from run to run.
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("PARLEY_") {
            if let setting = Setting.all.first(where: { $0.environmentName == name }) {
                set(setting.key, to: value, from: .environment(name))
            } else {
                report(name, "no such setting" + Self.suggestion(forVariable: name))
            }
        }
    }

    /// Compares what follows `PARLEY_`, which would make all names look alike.
    private static func suggestion(forVariable name: String) -> String {
        let names = Setting.all.map { String($0.environmentName.dropFirst(7)) }
        let nearest = Spelling.nearest(to: String(name.dropFirst(7)), among: names)
        return nearest.map { "; did you mean \"PARLEY_\($0)\"?" } ?? ""
    }

    /// Chooses the TLS mode that the other settings call for, unless somebody chose one.
    mutating func infer() {
        guard loaded.source(of: "tls.mode") == .defaults else { return }
        if loaded.config.tls.certificate != nil {
            loaded.imply("tls.mode", because: "tls.certificate") { $0.tls.mode = .files }
        } else if loaded.config.tls.key != nil {
            loaded.imply("tls.mode", because: "tls.key") { $0.tls.mode = .files }
        } else if !loaded.config.http.trustedProxies.isEmpty {
            loaded.imply("tls.mode", because: "http.trusted-proxies") { $0.tls.mode = .off }
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
