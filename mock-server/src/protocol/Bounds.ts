/**
 * The most that the mock keeps, so that its memory cannot be filled by a client in a loop or by tests that never reset it.
 * Bytes of meetings and apps are those of their JSON in UTF-8.
 */

const mebibyte = 2 ** 20

/** Meetings of a workspace. */
export const meetings = 2_000_000
/** Bytes of the meetings of a workspace. */
export const meetingBytes = 512 * mebibyte
/** Bytes of the apps of a workspace. */
export const appBytes = 4 * mebibyte
/** Users of a workspace. */
export const users = 10_000
/** Bytes of the encoded rows that are cached for the pages of a workspace. */
export const rowBytes = 160 * mebibyte

/** Requests in the journal of a workspace. */
export const journalEntries = 1_000
/** Bytes of bodies in the journal of a workspace. */
export const journalBytes = 32 * mebibyte
/** Requests that are kept for a client that reads the live journal slower than they come. */
export const watchedEntries = 1_000

/** Bytes of the tokens of each kind that a workspace remembers: access tokens, refresh tokens, codes, tickets. */
export const tokenBytes = 16 * mebibyte
/** Different calls that chaos counts in a workspace. */
export const chaosCalls = 100_000
/** Rules for failures in a workspace. */
export const rules = 1_000
/** Workspaces of a server. */
export const workspaces = 1_000

/** Bytes of a request to Feishu. */
export const requestBytes = 1 * mebibyte
/** Bytes of a request to the control plane, except for a snapshot. */
export const controlBytes = 16 * mebibyte
/** Bytes of a snapshot as one JSON document, which is parsed at once. */
export const snapshotJsonBytes = 64 * mebibyte
/** Bytes of a snapshot in lines. */
export const snapshotLinesBytes = meetingBytes + 4 * appBytes

/** Returns a number of bytes as text, in MiB. */
export const inMebibytes = (bytes: number): string => `${bytes / mebibyte} MiB`

/** The message for contents that exceed the bounds of a workspace. */
export const ofWorkspace = `a workspace holds at most ${meetings} meetings, ${inMebibytes(meetingBytes)} of meetings and ${inMebibytes(appBytes)} of apps (as JSON)`

/** The message for more users than a workspace holds. */
export const ofUsers = `a workspace holds at most ${users} users`
