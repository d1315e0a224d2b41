// SPDX-License-Identifier: Apache-2.0
import ServerConfig

/// Texts for `parley help`.
enum Help {
    static func text(_ topic: Command.Topic?) -> String {
        switch topic {
        case nil, .help: general
        case .serve: serve
        case .turn: turn
        case .user: user
        case .backup: backup
        case .restore: restore
        case .config: config
        case .doctor: doctor
        case .load: load
        case .version: "Usage: parley version\n\nPrints the version of this program.\n"
        }
    }

    static let general = """
        Parley is a meeting server: video calls in the browser, in one program.

        Usage: parley COMMAND [OPTIONS]

        Commands:
          serve      Run the server, with its STUN and TURN server
          turn       Run its STUN and TURN server alone, or make a TURN credential
          user       Add and remove accounts, set their passwords, list them
          backup     Copy the database to a file, also while the server runs
          restore    Put a copy back
          config     Show the settings in effect and where they come from
          doctor     Check this machine and the settings, and say how to repair what is wrong
          load       Let headless people meet on a server, and measure what they see
          version    Print the version
          help       Explain a command: parley help COMMAND

        To begin: parley serve

        """

    private static let serve = """
        Usage: parley serve [OPTIONS]

        Runs the server until it is stopped with Ctrl+C or SIGTERM. Nothing has to be set: without options it makes
        its own certificate, keeps its data in ./data and prints the addresses to open, where STUN and TURN are served, and
        which address others are told. Behind a proxy, turn.listen gives those two a port that people can reach.

        Options:
        \(Setting.options)

        """

    private static let turn = """
        Usage: parley turn [OPTIONS]
               parley turn credential [--name NAME] [--lifetime DURATION] [--json] [OPTIONS]

        Runs the STUN and TURN server alone, for other software: no pages, no meetings, no database. It listens on
        turn.listen, or else on http.listen, for UDP and TCP, and with a certificate for TLS and DTLS, and prints where, and
        which address others are told (turn.public-ip). Who may use it is
        in turn.secrets-file or turn.users-file. On SIGTERM it takes nobody new and goes on for those it serves, for
        turn.drain at most; a second signal ends it at once.

        parley turn credential prints a user name and a password that expire, for this or for the server on the data
        folder, and the addresses they are good for.

        Options of credential:
          --name NAME             Whose it is; names with the same part before a slash reach each other
          --lifetime DURATION     How long it is good, up to 24h; turn.credential-lifetime unless given
          --json                  Print one of a browser's iceServers
        Options:
        \(Setting.options)

        """

    private static let user = """
        Usage: parley user add EMAIL --name NAME [--role ROLE] [--title TITLE] [--zone ZONE] [OPTIONS]
               parley user passwd EMAIL [OPTIONS]
               parley user remove EMAIL [OPTIONS]
               parley user list [OPTIONS]

        Changes the accounts in the data folder, also while the server runs. A password is asked for, or read from
        the first line of standard input when that is no terminal; it is never an argument. A new password ends the
        account's sessions. Removing an account deletes its meetings and appointments.

        Options of add:
          --name NAME             What others call the person; needed
          --role ROLE             host (has meetings), professional (has a booking page too) or admin (may do
                                  everything); host unless given
          --title TITLE           What follows the name on a booking page
          --zone ZONE             The person's time zone, such as Europe/Lisbon; UTC unless given
        Options:
        \(Setting.options)

        """

    private static let backup = """
        Usage: parley backup FILE [OPTIONS]

        Copies the database in the data folder, as it is at one moment, to a new file that only you may read, and
        checks the copy. The server may be running. The file holds the server's secrets: keep it as safe.

        Options:
        \(Setting.options)

        """

    private static let restore = """
        Usage: parley restore FILE [OPTIONS]

        Replaces the database in the data folder with a copy of FILE, which parley backup wrote. Refuses while a server
        runs on the folder, and what is no sound database of Parley. The old database is kept beside the new one.

        Options:
        \(Setting.options)

        """

    private static let config = """
        Usage: parley config [OPTIONS]

        Prints every setting, its value in effect and where that comes from. Exits with status 78 and a list of all
        problems when the configuration is wrong.

        Options:
          --sample                Print a configuration file to start from
          --markdown              Print docs/configuration.md
        \(Setting.options)

        """

    private static let doctor = """
        Usage: parley doctor [OPTIONS]

        Checks what parley serve would need: port, certificate, clock, limits, disk, data folder. When a server runs,
        also its relay, hop by hop, over UDP, TCP and TLS. Changes nothing.
        Exits with status 0 when all is well, 1 with warnings, 2 with failures.

        Options:
          --json                  Print one JSON object, for monitoring
        \(Setting.options)

        """

    private static let load = """
        Usage: parley load URL [OPTIONS]

        Lets headless people meet on a server: they join, send pictures and sound that mean nothing, and watch each
        other over ICE, DTLS and SRTP, as browsers do. Prints what they saw: losses, delays, freezes, how long joining
        took. Exits with status 1 when somebody could not join or saw no picture. For your own servers only.

        Options:
          --rooms N               How many meetings; 1 unless given
          --people N              People in each; 2 unless given
          --publishers N          How many of them send; all unless given
          --seconds N             How long is measured, once all are in; 10 unless given
          --via meet|whip         As pages join (meet, unless given), or by WHIP and WHEP
          --simulcast             Send each picture in three sizes
          --no-video              Send sound only
          --bitrate N             Kilobits a second of a picture; 1000 unless given
          --fps N                 Pictures a second; 30 unless given
          --picture FILE          Show this VP8 in an IVF file, as browsers can, at its own rate and size
          --meeting CODE          Join this meeting instead of new ones
          --joins N               Joins under way at a time; 8 unless given
          --pid N                 The server's process here, for its processor time
          --token-file FILE       Holds the token to make meetings with, or for WHIP and WHEP
          --authority FILE        The certificates that the server's must come from; any will do unless given
          --json FILE             Write the figures there, too; - prints them instead

        """
}
