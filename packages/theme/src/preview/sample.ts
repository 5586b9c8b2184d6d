/** The program that previews show: a bit of everything that a theme colours. */
export const sample = `>> Greets everyone on the list, and says how many there were.
import { @capitalise } from @alice/strings@^1.2.0
import { @plural } from @bob/numbers

exe @greet(name: string, polite) = when [
  @polite => \`Good morning, @name!\`
  * => "Hi @name"
]

var @guests = ["ada", "grace", "edsger"]
var @limit = 2.5
var @options = { polite: true, title: null }

for @guest in @guests [
  show @greet(@capitalise(@guest), @options.polite)
]

exe @count(list) = js {
  return list.length * 2;
}

if @count(@guests) >= @limit [
  show \`@plural(@guests.length, "guest") greeted.\\n\`
]
`;
