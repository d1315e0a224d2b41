// SPDX-License-Identifier: Apache-2.0
import ServerConfig

/// What the person at the shell asked for.
enum Command {
    case help(Topic?)
    case version
    case serve(ConfigLayers)
    case config(ConfigLayers, Listing)
    case doctor(ConfigLayers, asJSON: Bool)
    case load(LoadRequest)
    case user(ConfigLayers, UserAction)
    case turn(ConfigLayers)
    case turnCredential(ConfigLayers, TicketRequest)
    case backup(ConfigLayers, file: String)
    case restore(ConfigLayers, file: String)

    /// The commands, in the order in which help shows them.
    enum Topic: String, CaseIterable {
        case serve, turn, user, backup, restore, config, doctor, load, version, help
    }

    /// What `parley config` prints.
    enum Listing { case table, sample, markdown }

    /// - Parameters:
    ///   - arguments: Without the program's name.
    ///   - layers: What the configuration has besides arguments.
    init(_ arguments: [String], layers: ConfigLayers) throws(UsageError) {
        guard let word = arguments.first else {
            throw UsageError("A command is missing, e.g. parley serve.")
        }
        let rest = Array(arguments.dropFirst())
        if ["--help", "-h"].contains(word) {
            self = .help(nil)
        } else if word == "--version" {
            self = .version
        } else {
            let topic = try Self.topic(word)
            let asksForHelp = rest.contains("--help") || rest.contains("-h")
            self = asksForHelp ? .help(topic) : try Self(topic, rest, layers)
        }
    }

    private init(_ topic: Topic, _ rest: [String], _ layers: ConfigLayers) throws(UsageError) {
        var layers = layers
        switch topic {
        case .serve:
            _ = try layers.take(rest)
            self = .serve(layers)
        case .turn: self = try Self.turn(rest, layers)
        case .config:
            let flags = try layers.take(rest, flags: ["--sample", "--markdown"])
            guard flags.count < 2 else { throw UsageError("Give --sample or --markdown, not both.") }
            let listings: [String: Listing] = ["--sample": .sample, "--markdown": .markdown]
            self = .config(layers, flags.first.flatMap { listings[$0] } ?? .table)
        case .doctor:
            let flags = try layers.take(rest, flags: ["--json"])
            self = .doctor(layers, asJSON: !flags.isEmpty)
        case .load: self = .load(try LoadRequest(rest))
        case .user: self = try Self.user(rest, layers)
        case .backup:
            let words = try layers.take(rest, options: [], words: 1).words
            guard let file = words.first else { throw UsageError("parley backup needs the file to write.") }
            self = .backup(layers, file: file)
        case .restore:
            let words = try layers.take(rest, options: [], words: 1).words
            guard let file = words.first else { throw UsageError("parley restore needs the file to read.") }
            self = .restore(layers, file: file)
        case .version:
            try Self.expectNothing(after: "version", rest)
            self = .version
        case .help:
            try Self.expectNothing(after: "help COMMAND", Array(rest.dropFirst()))
            self = .help(try rest.first.map(Self.topic))
        }
    }

    private static func user(_ rest: [String], _ layers: ConfigLayers) throws(UsageError) -> Command {
        var layers = layers
        let taken = try layers.take(rest, options: UserAction.options, words: 2)
        let actions = ["add", "passwd", "list", "remove"]
        guard let action = taken.words.first else {
            throw UsageError("parley user needs one of \(actions.joined(separator: ", ")).")
        }
        guard actions.contains(action) else {
            throw UsageError(
                "There is no \"parley user \(action)\""
                    + Spelling.suggestion(for: action, among: actions, otherwise: "."))
        }
        if action != "add", let option = taken.values.keys.sorted().first {
            throw UsageError("\(option) is for parley user add.")
        }
        if action == "list" {
            try expectNothing(after: "user list", Array(taken.words.dropFirst()))
            return .user(layers, .list)
        }
        guard taken.words.count == 2 else {
            throw UsageError("parley user \(action) needs an e-mail address.")
        }
        let email = taken.words[1]
        switch action {
        case "add": return .user(layers, .add(email: email, options: taken.values))
        case "passwd": return .user(layers, .setPassword(email: email))
        default: return .user(layers, .remove(email: email))
        }
    }

    private static func turn(_ rest: [String], _ layers: ConfigLayers) throws(UsageError) -> Command {
        var layers = layers
        layers.servesPages = false
        let taken = try layers.take(rest, flags: ["--json"], options: ["--name", "--lifetime"], words: 1)
        guard let action = taken.words.first else {
            if let option = (taken.values.keys.sorted() + taken.flags.sorted()).first {
                throw UsageError("\(option) is for parley turn credential.")
            }
            return .turn(layers)
        }
        guard action == "credential" else {
            throw UsageError(
                "There is no \"parley turn \(action)\""
                    + Spelling.suggestion(for: action, among: ["credential"], otherwise: "."))
        }
        var lifetime: Duration?
        if let text = taken.values["--lifetime"] {
            guard let value = Duration(setting: text), value > .zero, value <= .seconds(86_400) else {
                throw UsageError("--lifetime needs a number and a unit, up to 24h, e.g. --lifetime 1h.")
            }
            lifetime = value
        }
        let name = taken.values["--name"] ?? "shell"
        guard (1...256).contains(name.utf8.count), name.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw UsageError("--name needs 1 to 256 bytes of text.")
        }
        return .turnCredential(
            layers, TicketRequest(name: name, lifetime: lifetime, asJSON: taken.flags.contains("--json")))
    }

    private static func topic(_ word: String) throws(UsageError) -> Topic {
        if let topic = Topic(rawValue: word) { return topic }
        let kind = word.hasPrefix("-") ? "option" : "command"
        let known = Topic.allCases.map(\.rawValue) + ["--help", "--version"]
        throw UsageError(
            "There is no \(kind) \"\(word)\"\(Spelling.suggestion(for: word, among: known, otherwise: "."))")
    }

    private static func expectNothing(after command: String, _ rest: [String]) throws(UsageError) {
        if let word = rest.first { throw UsageError("\"\(word)\" is not expected after parley \(command).") }
    }
}

/// What `parley user` is to do.
enum UserAction {
    case add(email: String, options: [String: String])
    case setPassword(email: String)
    case list
    case remove(email: String)

    /// What `parley user add` knows besides settings.
    static let options = ["--name", "--title", "--role", "--zone"]
}

/// What `parley turn credential` is to make.
struct TicketRequest {
    var name: String
    var lifetime: Duration?
    var asJSON: Bool
}
