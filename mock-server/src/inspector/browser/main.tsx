/** Starts the page. */
import { render } from "preact"
import { App } from "./App.tsx"
import { takeTokenFromAddress } from "./control.ts"

takeTokenFromAddress()
render(<App />, document.getElementById("page")!)
