/**
 * What the mock keeps at most, so that nobody can fill its memory: not a client in a loop, and not a test that never
 * resets. Bytes of meetings and apps are those of their JSON in UTF-8.
 */

const mebibyte = 2 ** 20

/** Meetings of a workspace. */
export const meetings = 2_000_000
/** Bytes of the meetings of a workspace. */
export const meetingBytes = 512 * mebibyte
/** Bytes of the apps of a workspace. */
export const appBytes = 4 * mebibyte
/** Bytes of the rows that are kept ready for the pages of a workspace. */
export const rowBytes = 160 * mebibyte

/** Requests in the journal of a workspace. */
export const journalEntries = 1_000
/** Bytes of bodies in the journal of a workspace. */
export const journalBytes = 32 * mebibyte
/** Requests that are kept for somebody who watches the journal slower than they come. */
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
/** Bytes of a request to the control plane, but for a snapshot. */
export const controlBytes = 16 * mebibyte
/** Bytes of a snapshot in one JSON document, which is read in one go. */
export const snapshotJsonBytes = 64 * mebibyte
/** Bytes of a snapshot in lines. */
export const snapshotLinesBytes = meetingBytes + 4 * appBytes

/** So many bytes in words. */
export const inMebibytes = (bytes: number): string => `${bytes / mebibyte} MiB`

/** What a workspace holds, in words. */
export const ofWorkspace = `a workspace holds at most ${meetings} meetings, ${inMebibytes(meetingBytes)} of meetings and ${inMebibytes(appBytes)} of apps (as JSON)`
