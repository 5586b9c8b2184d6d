/** The source that a new theme starts from: complete, readable, within its contrast target. */

export function starter(name: string): string {
  return `${JSON.stringify(
    {
      type: 'theme',
      v: 1,
      name,
      contrast: 'AA',
      ui: { background: 'ground', foreground: 'ink', accent: 'blue' },
      scopes: {
        comment: 'grey italic',
        string: 'green',
        constant: 'orange',
        keyword: 'purple',
        function: 'blue',
        variable: 'ink',
        type: 'teal',
        invalid: 'red bold',
      },
      variants: {
        dark: {
          palette: {
            ground: '#14181f',
            ink: '#d7dde6',
            grey: '#97a3b4',
            green: '#8ec98f',
            orange: '#e2a86b',
            purple: '#c39be8',
            blue: '#7cb7f2',
            teal: '#6cc7bd',
            red: '#f28b82',
          },
        },
        light: {
          palette: {
            ground: '#fbfbf9',
            ink: '#22272e',
            grey: '#5c6670',
            green: '#256b2c',
            orange: '#8a4b08',
            purple: '#6f3cb0',
            blue: '#1a5fa8',
            teal: '#0f665d',
            red: '#b3261e',
          },
        },
      },
    },
    null,
    2,
  )}\n`;
}
