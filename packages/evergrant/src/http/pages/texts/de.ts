import type { Texts } from './index.ts';

/* Formal address; short sentences; “Dienst” is whoever runs Evergrant, “Anwendung” whoever uses it. See en.ts. */

const startAgain = 'Gehen Sie zurück zu {application} und beginnen Sie neu.';
const sendThis = 'Schicken Sie den Fehlercode und die Anfragenummer von unten an die Betreiber von {application}.';
const ifAgain =
  'Geschieht es wieder, schicken Sie den Fehlercode und die Anfragenummer von unten an die Betreiber von {application}.';
const nothingWrong = 'Ihr Konto ist in Ordnung, und es wurde nichts gespeichert.';

export const de: Texts = {
  language: 'de',
  common: {
    platform: 'die Plattform',
    account: 'Konto ohne Namen',
    footer: 'Verbindungen mit Evergrant',
    owner: 'Wird verbunden für',
    retry: 'Noch einmal versuchen',
    back: 'Zurück zu {host}',
    closeWindow: 'Fenster schließen',
    mayClose: 'Sie können dieses Fenster schließen.',
    returning: 'Sie werden zu {host} zurückgebracht …',
    code: 'Fehlercode',
    request: 'Anfragenummer',
    status: 'HTTP-Status',
  },
  start: {
    title: '{provider} mit {application} verbinden',
    reconnectTitle: '{provider} neu mit {application} verbinden',
    intro: 'Sie melden sich bei {provider} an. Evergrant sieht Ihr Passwort nicht.',
    account: 'Konto',
    reconnectHint: 'Melden Sie sich mit diesem Konto an. Jedes andere wird abgelehnt.',
    permissions: '{application} wird {provider} um diese Berechtigungen bitten',
    morePermissions: '{count} weitere zeigen',
    expires: 'Gültig bis',
    submit: 'Weiter zu {provider}',
    endangers:
      '{Provider} führt für jede Person und Anwendung nur einen Satz von Berechtigungen. Melden Sie sich als dieselbe Person an, enden diese Verbindungen und müssen neu verbunden werden:',
    notYou:
      'Das waren nicht Sie? Wenn Sie dies nicht begonnen haben, schließen Sie die Seite. Bis Sie fortfahren, wird nichts weitergegeben.',
  },
  chooseProvider: {
    title: 'Ein Konto mit {application} verbinden',
    intro: 'Wählen Sie, wo Ihr Konto ist. Sie melden sich dort an, und Evergrant sieht Ihr Passwort nicht.',
    filter: 'Plattform suchen',
    nothing: 'Keine Plattform dieses Namens ist hier eingerichtet.',
    emptyTitle: 'Noch ist keine Plattform eingerichtet',
    empty: 'Die Betreiber von {application} müssen eine Plattform einrichten, bevor ein Konto verbunden werden kann.',
  },
  instance: {
    title: { server: 'Wo ist Ihr Konto bei {provider}?', handle: 'Wie lautet Ihr Handle bei {provider}?' },
    intro: {
      server: '{Provider} läuft auf vielen Servern. Nennen Sie Ihren, und Sie melden sich dort an.',
      handle: 'Ihr Handle sagt, auf welchem Server Ihr Konto liegt. Dort melden Sie sich an.',
    },
    label: { server: 'Ihr Server', handle: 'Ihr Handle' },
    help: {
      server: 'Er steht in Ihrem vollen Benutzernamen hinter dem letzten @: @sie@{example}.',
      handle: 'Er steht im Profil unter Ihrem Namen: @{example}.',
    },
    whole: { server: 'Sie melden sich bei {name} an.', handle: 'Sie melden sich als @{name} an.' },
    part: {
      server: 'Der Name eines Servers enthält einen Punkt, wie {example}.',
      handle: 'Ein Handle enthält einen Punkt.',
    },
    use: '{name} verwenden',
    faults: {
      invalid_request: '{typed} ist nicht der Name eines Servers, wie {example}',
      target_not_allowed: '{typed} ist nicht der Name eines Servers im öffentlichen Internet',
      instance_not_found: 'Bei {provider} gibt es {typed} nicht. Prüfen Sie die Schreibweise.',
    },
    submit: 'Weiter',
  },
  chooseAccounts: {
    title: 'Konten zum Verbinden wählen',
    titleOne: 'Ein Konto zum Verbinden wählen',
    intro: 'Sie haben {application} bei {provider} Zugriff gegeben. Nur was Sie hier wählen, wird verbunden.',
    legend: 'Ihre Konten bei {provider}',
    filter: 'Konto suchen',
    nothing: 'Kein Konto dieses Namens steht zur Wahl.',
    chooseOne: 'Wählen Sie mindestens eines der Konten',
    selectAll: 'Alle wählen',
    clearAll: 'Keines wählen',
    submit: 'Verbinden',
    submitOne: '1 Konto verbinden',
    submitMany: '{count} Konten verbinden',
    noneAvailable:
      'Sie haben sich angemeldet, aber {provider} zeigt kein Konto, das sich jetzt verbinden lässt. Der Grund steht jeweils dabei.',
    again:
      'Klären Sie das bei {provider} oder melden Sie sich als jemand anderes an, gehen Sie dann zurück zu {application} und beginnen Sie neu.',
    emptyTitle: 'Es gibt nichts zu verbinden',
    empty: 'Sie haben sich angemeldet, aber {provider} zeigt kein Konto, das sich verbinden lässt.',
  },
  result: {
    connected: '{provider} ist verbunden',
    connectedIntro: '{application} kann das Konto jetzt verwenden.',
    connectedIntroMany: '{application} kann diese {count} Konten jetzt verwenden.',
    limited: 'Verbunden, aber einige Berechtigungen fehlen',
    limitedIntro: '{application} kann {provider} verwenden, bis auf das, was nicht erlaubt wurde:',
    limitedCure: 'Um es zu erlauben, verbinden Sie das Konto noch einmal und lassen Sie alles angehakt.',
    mend: 'Noch einmal verbinden',
  },
  waiting: {
    title: 'Warten auf {provider}',
    intro: 'Melden Sie sich bei {provider} fertig an. Diese Seite geht von selbst weiter.',
  },
  error: {
    whatToDo: 'Was zu tun ist',
    redirectUri: 'Einzutragende Redirect-URI',
    copy: 'Kopieren',
    copied: 'Kopiert',
    missing: 'Fehlende Berechtigungen',
    upstream: 'Das sagte {provider}',
    reference: 'Was dieser Code bedeutet',
    who: 'Beheben kann es',
    refused: {
      title: 'Sie haben keinen Zugriff gegeben',
      what: '{Provider} meldet, dass der Zugriff abgebrochen oder abgelehnt wurde, aber nicht, bei welchem Versuch. Es wurde nichts gespeichert, und der Versuch endet von selbst.',
      steps: [
        'Wollten Sie das so, ist alles getan: Diese Seite kann geschlossen werden.',
        'Wenn nicht, gehen Sie zurück zu {application}, beginnen Sie neu und erlauben Sie den Zugriff bei {provider}.',
      ],
    },
  },
  reference: {
    eyebrow: 'Fehlerverzeichnis',
    what: 'Was geschehen ist',
    cure: 'Was zu tun ist',
    retryable: 'Wiederholen',
    retryableYes: 'Dieselbe Anfrage kann später gelingen.',
    retryableNo: 'Es ändert sich nichts, bis jemand handelt.',
  },
  notFound: {
    title: 'Hier ist keine Seite',
    intro: 'Die Adresse ist vielleicht vertippt, oder der Link ist älter als die Seite, zu der er führte.',
    cure: 'Um ein Konto zu verbinden, gehen Sie zurück zu {application} und beginnen Sie dort.',
  },
  accountTypes: {
    profile: 'Profil',
    page: 'Seite',
    organization: 'Organisation',
    channel: 'Kanal',
    location: 'Standort',
    blog: 'Blog',
    site: 'Website',
    workspace: 'Workspace',
    guild: 'Server',
  },
  actors: {
    user: 'Sie selbst',
    operator: 'Die Betreiber von {application}',
    developer: 'Die Entwickler von {application}',
    provider: 'Nur {provider}; meist vergeht es',
    service: 'Die Betreiber von {application}',
  },
  referenceActors: {
    user: 'Wer das Konto verbindet',
    operator: 'Wer diesen Dienst betreibt und die Apps bei den Plattformen besitzt',
    developer: 'Wer den aufrufenden Code schreibt',
    provider: 'Niemand: auf die Plattform warten',
    service: 'Wer diesen Dienst betreibt: der Fehler liegt hier',
  },
  errors: {
    flow_not_found: {
      title: 'Dieser Link führt nirgendwohin',
      what: 'Er gehört zu keinem Verbindungsversuch, der hier bekannt ist. Vielleicht ist er unvollständig oder sehr alt.',
      steps: [startAgain],
    },
    flow_expired: {
      title: 'Das hat zu lange gedauert',
      what: 'Zu Ihrer Sicherheit gilt ein Verbindungsversuch zehn Minuten, und die sind um. Es wurde nichts gespeichert.',
      steps: [startAgain],
    },
    flow_already_used: {
      title: 'Dieser Versuch ist schon zu Ende',
      what: 'Jeder Verbindungsversuch gilt einmal, und dieser wurde benutzt, vielleicht in einem anderen Tab.',
      steps: [
        'Sehen Sie in {application} nach: Vielleicht ist das Konto schon verbunden.',
        'Wenn nicht, beginnen Sie dort neu.',
      ],
    },
    flow_browser_mismatch: {
      title: 'Das hat in einem anderen Browser begonnen',
      what: 'Zu Ihrer Sicherheit muss ein Versuch in dem Browser enden, in dem er begann, und der muss Cookies erlauben.',
      steps: [
        'Machen Sie in dem anderen Browser weiter, oder gehen Sie in diesem zurück zu {application} und beginnen Sie neu.',
      ],
    },
    callback_malformed: {
      title: 'Die Antwort von {provider} ist unvollständig',
      what: 'Etwas, das jede Antwort auf eine Anmeldung enthalten muss, fehlte oder kam doppelt. Es wurde nichts gespeichert.',
      steps: [startAgain, ifAgain],
    },
    issuer_mismatch: {
      title: 'Die Antwort kam von der falschen Stelle',
      what: 'Sie wurden zu {provider} geschickt, aber die Antwort nennt einen anderen Anmeldeserver. Um Ihr Konto zu schützen, wurde nichts ausgetauscht.',
      steps: ['Wiederholen Sie das nicht.', sendThis],
    },
    consent_denied: {
      title: 'Sie haben keinen Zugriff gegeben',
      what: '{Provider} meldet, dass der Zugriff abgebrochen oder abgelehnt wurde. Es wurde nichts gespeichert.',
      steps: [
        'Wollten Sie das so, ist alles getan.',
        'Wenn nicht, gehen Sie zurück zu {application}, beginnen Sie neu und erlauben Sie bei {provider} den Zugriff.',
      ],
    },
    login_required_at_provider: {
      title: '{Provider} verlangt eine Anmeldung',
      what: '{Provider} wollte nicht fortfahren, ohne dass Sie sich anmelden oder den Zugriff selbst bestätigen.',
      steps: [
        'Melden Sie sich bei {provider} an.',
        'Gehen Sie zurück zu {application}, beginnen Sie neu und beantworten Sie alles, was {provider} fragt.',
      ],
    },
    scope_insufficient: {
      title: 'Einige Berechtigungen fehlen',
      what: 'Das Konto ist verbunden, aber nicht mit jeder Berechtigung, die {application} braucht.',
      steps: ['Verbinden Sie es noch einmal und lassen Sie bei {provider} alles angehakt.'],
    },
    account_mismatch: {
      title: 'Das ist ein anderes Konto',
      what: 'Sie wollten ein Konto neu verbinden, haben sich bei {provider} aber mit einem anderen angemeldet. Es wurde nichts geändert.',
      steps: [
        'Melden Sie sich bei {provider} ab.',
        'Gehen Sie zurück zu {application}, beginnen Sie neu und melden Sie sich mit dem Konto an, das dort genannt ist.',
      ],
    },
    account_already_connected: {
      title: 'Dieses Konto ist schon verbunden',
      what: '{application} hat dieses Konto bei {provider} bereits, und es lässt sich nicht zweimal verbinden.',
      steps: [
        'Verwenden Sie die vorhandene Verbindung.',
        'Um ein anderes Konto zu verbinden, melden Sie sich zuerst bei {provider} ab.',
      ],
    },
    account_type_unsupported: {
      title: 'Es gibt kein passendes Konto',
      what: 'Sie haben sich angemeldet, aber {provider} zeigt kein Konto der Art, die sich verbinden lässt, etwa eine Seite oder einen Kanal.',
      steps: [
        'Melden Sie sich als jemand an, der eines verwaltet, oder legen Sie eines bei {provider} an.',
        'Gehen Sie zurück zu {application}, beginnen Sie neu und geben Sie Zugriff darauf.',
      ],
    },
    instance_not_found: {
      title: 'Dieses Konto ist nicht zu finden',
      what: 'Bei {provider} gibt es den genannten Namen nicht. Es wurde nichts gespeichert.',
      steps: ['Prüfen Sie die Schreibweise des Handles oder der Adresse Ihres Servers.', startAgain],
    },
    instance_unsupported: {
      title: 'Dieser Server lässt sich nicht verwenden',
      what: 'Der genannte Server antwortet nicht wie ein Server von {provider}. Es wurde nichts gespeichert.',
      steps: ['Prüfen Sie die Schreibweise des Servers.', startAgain],
    },
    code_rejected: {
      title: '{Provider} hat die Anmeldung nicht beendet',
      what: 'Sie haben den Zugriff erlaubt, aber {provider} hat dann den eigenen Einmalcode abgelehnt. Das geschieht, wenn er zweimal oder zu spät benutzt wird.',
      steps: ['Gehen Sie zurück zu {application} und beginnen Sie neu, in einem Zug und in einem Tab.', ifAgain],
    },
    provider_app_credentials_invalid: {
      title: '{Provider} erkennt diesen Dienst nicht an',
      what: `{Provider} hat die Client-ID oder das Secret abgelehnt, mit denen {application} dort registriert ist. ${nothingWrong}`,
      steps: [
        'Öffnen Sie die App in der Entwicklerkonsole von {provider}.',
        'Vergleichen Sie Client-ID und Secret mit den Einstellungen dieses Dienstes; ein neues Secret ersetzt das alte.',
        'Starten Sie „evergrant doctor“, und versuchen Sie es dann noch einmal.',
      ],
    },
    provider_app_not_allowed: {
      title: 'Die App darf das noch nicht',
      what: `{Provider} lässt die App von {application} das nicht tun: Sie ist vielleicht in Prüfung, gesperrt, oder ihr fehlt ein Produkt. ${nothingWrong}`,
      steps: [
        'Öffnen Sie die App in der Entwicklerkonsole von {provider} und sehen Sie nach ihrem Status.',
        'Solange sie im Testbetrieb ist, tragen Sie diese Person als Tester ein.',
        'Beantragen Sie dort das fehlende Produkt oder die Prüfung, und versuchen Sie es dann noch einmal.',
      ],
    },
    redirect_uri_mismatch: {
      title: 'Die Rückkehradresse ist nicht eingetragen',
      what: `{Provider} kennt die Adresse nicht, zu der Sie zurückgeschickt werden sollen. ${nothingWrong}`,
      steps: [
        'Öffnen Sie die App in der Entwicklerkonsole von {provider} und suchen Sie die Liste der Redirect-URIs.',
        'Tragen Sie die Adresse unten genau so ein, mit jedem Schrägstrich.',
        'Speichern Sie, warten Sie eine Minute, und versuchen Sie es noch einmal.',
      ],
    },
    scope_unavailable: {
      title: '{Provider} hat eine Berechtigung verweigert',
      what: `{application} bittet um eine Berechtigung, die der App bei {provider} fehlt. ${nothingWrong}`,
      steps: [
        'Öffnen Sie die App in der Entwicklerkonsole von {provider} und suchen Sie ihre Berechtigungen oder Produkte.',
        'Lassen Sie die App dafür freigeben, oder nehmen Sie die Berechtigung aus den Einstellungen dieses Dienstes.',
        'Versuchen Sie es dann noch einmal.',
      ],
    },
    provider_not_configured: {
      title: '{Provider} ist hier nicht eingerichtet',
      what: '{Provider} ist bekannt, aber {application} hat dort keine App registriert.',
      steps: [
        'Registrieren Sie eine App in der Entwicklerkonsole von {provider}, mit der Redirect-URI dieses Dienstes.',
        'Tragen Sie Client-ID und Secret in die Einstellungen ein, und starten Sie neu.',
      ],
    },
    permission_denied: {
      title: 'Das kam von einer anderen Seite',
      what: 'Zu Ihrer Sicherheit darf nur eine Seite dieses Dienstes das abschicken, und es wurde nichts getan.',
      steps: [startAgain],
    },
    provider_unknown: {
      title: 'Diese Plattform gibt es nicht',
      what: 'Der Link nennt eine Plattform, die hier nicht bekannt ist.',
      steps: [startAgain],
    },
    connection_not_found: {
      title: 'Es gibt nichts neu zu verbinden',
      what: 'Die Verbindung besteht nicht mehr, oder sie gehört jemand anderem.',
      steps: ['Gehen Sie zurück zu {application} und verbinden Sie das Konto von Neuem.'],
    },
    provider_rate_limited: {
      title: '{Provider} bittet um eine Pause',
      what: 'Bei {provider} kamen in kurzer Zeit zu viele Anfragen an. Es ist nichts verloren.',
      steps: ['Warten Sie einige Minuten, gehen Sie dann zurück zu {application} und beginnen Sie neu.'],
    },
    provider_unavailable: {
      title: '{Provider} antwortet nicht',
      what: '{Provider} war nicht zu erreichen oder hat einen eigenen Fehler gemeldet.',
      steps: ['Warten Sie einige Minuten, gehen Sie dann zurück zu {application} und beginnen Sie neu.'],
    },
    provider_timeout: {
      title: '{Provider} hat zu lange gebraucht',
      what: '{Provider} hat nicht rechtzeitig geantwortet, darum ist die Verbindung nicht fertig geworden.',
      steps: ['Warten Sie eine Minute, gehen Sie dann zurück zu {application} und beginnen Sie neu.'],
    },
    provider_bad_response: {
      title: 'Die Antwort von {provider} ist nicht lesbar',
      what: 'Die Antwort von {provider} sieht nicht aus, wie sie sollte. Ihr Konto ist in Ordnung.',
      steps: [startAgain, ifAgain],
    },
    rate_limited: {
      title: 'Das war etwas zu schnell',
      what: 'Von hier kamen in kurzer Zeit zu viele Versuche.',
      steps: ['Warten Sie eine Minute, gehen Sie dann zurück zu {application} und beginnen Sie neu.'],
    },
    target_not_allowed: {
      title: 'Dieser Server lässt sich nicht verwenden',
      what: 'Die Adresse liegt in einem privaten Netz oder ist hier nicht erlaubt.',
      steps: ['Prüfen Sie die Schreibweise, und geben Sie die öffentliche Adresse ein.'],
    },
    storage_unavailable: {
      title: 'Dieser Dienst ist gerade außer Betrieb',
      what: 'Er erreicht seine Datenbank nicht. An {provider} wurde nichts geschickt.',
      steps: ['Warten Sie eine Minute, gehen Sie dann zurück zu {application} und beginnen Sie neu.'],
    },
    internal: {
      title: 'Hier ist etwas schiefgegangen',
      what: 'Dieser Dienst ist auf eine Weise ausgefallen, mit der niemand gerechnet hat. Es liegt nicht an Ihnen.',
      steps: [startAgain, ifAgain],
    },
  },
};
