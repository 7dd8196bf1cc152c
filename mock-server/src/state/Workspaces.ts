/** The workspaces of a server: finds the one that a request belongs to. */
import * as Bounds from "../protocol/Bounds.ts"
import * as Seed from "../seed/Seed.ts"
import type { Token } from "./Tokens.ts"
import type { MayHave, Workspace } from "./Workspace.ts"

/** The workspaces of a server. */
export interface Workspaces {
  /** The workspace of requests that name no app and no token of another one. */
  readonly shared: Workspace
  /** Returns the workspace of an app. */
  readonly ofApp: (appId: string) => Workspace | undefined
  /** Returns the workspace of a token, and the token. */
  readonly ofToken: (text: string) => { readonly workspace: Workspace; readonly token: Token } | undefined
  readonly all: () => ReadonlyArray<Workspace>
  /** Adds a workspace, or returns why not: one of its apps is in another workspace, or there are too many. */
  readonly add: (workspace: Workspace) => string | undefined
  /** Returns the check of apps that a workspace is about to get. */
  readonly mayHave: (workspace: Workspace) => MayHave
  /** Removes the workspace of an app, but never the shared one. True when it was there. */
  readonly remove: (appId: string) => boolean
}

/** Makes the workspaces of a server, with only the shared one at first. */
export const make = (shared: Workspace): Workspaces => {
  const others = new Set<Workspace>()
  const all = () => [shared, ...others]
  const ofApp = (appId: string) => all().find(({ state }) => state.store.app(appId) !== undefined)
  return {
    shared,
    ofApp,
    ofToken: (text) => {
      for (const workspace of all()) {
        const token = workspace.state.tokens.find(text)
        if (token !== undefined) return { workspace, token }
      }
      return undefined
    },
    all,
    add: (workspace) => {
      const taken = workspace.state.store.apps().find(({ app_id }) => ofApp(app_id) !== undefined)
      if (taken !== undefined) return `${isElsewhere(taken.app_id)}: give the seed another app_id`
      if (others.size >= Bounds.workspaces) {
        return `there are ${Bounds.workspaces} workspaces already: remove those that are no longer needed`
      }
      others.add(workspace)
      return undefined
    },
    mayHave: (workspace) => (apps) => {
      const taken = apps.find(({ app_id }) => (ofApp(app_id) ?? workspace) !== workspace)
      return taken === undefined
        ? undefined
        : new Seed.SeedInvalid({
            source: "the workspace",
            faults: [{ path: [], message: isElsewhere(taken.app_id) }],
          })
    },
    remove: (appId) => {
      const workspace = ofApp(appId)
      return workspace !== undefined && others.delete(workspace)
    },
  }
}

const isElsewhere = (appId: string): string => `the app ${appId} is in another workspace`
