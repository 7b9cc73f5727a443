/**
 * Facts from registries' and hosting companies' own rules: below which domains do they hand out names to anybody.
 * Compact on purpose; a host that wants every last town adds its own list by the option `isPublicSuffix`.
 */

/** Second levels that registries of two-letter domains use alike. Each stands below every one of them. */
export const genericSecondLevels = 'ac co com edu gov mil net org'

/** Two-letter domains whose registries sell at the third level only: every second level is a suffix. */
export const closedRegistries = 'bd ck er fk jm kh mm np pg'

/** Second levels of `jp` that are places: their third level is a town, in which anybody can have a name. */
export const japanesePlaces = `
aichi akita aomori chiba ehime fukui fukuoka fukushima gifu gunma hiroshima hokkaido hyogo ibaraki ishikawa iwate
kagawa kagoshima kanagawa kochi kumamoto kyoto mie miyagi miyazaki nagano nagasaki nara niigata oita okayama okinawa
osaka saga saitama shiga shimane shizuoka tochigi tokushima tokyo tottori toyama wakayama yamagata yamaguchi yamanashi
kawasaki kitakyushu kobe nagoya sapporo sendai yokohama
`

/** Second levels of `us`, and the third levels that schools and libraries share. */
export const americanStates = `
ak al ar as az ca ct dc de fl ga gu hi ia id il in ks ky la ma md me mi mn mo ms mt nc nd ne nh nj nm nv ny oh ok or
pa pr ri sc sd tn tx ut va vi vt wa wi wv wy
`
export const americanThirdLevels = 'cc k12 lib'

/** `domain: second levels`, beside the generic ones. */
export const secondLevels = `
ae: sch name pro
af: gob
ag: nom
ai: off
al: tirana
am: commune
ao: ed it og pb
ar: bet coop gob int musica mutual senasa tur
aero: airline airport aerobatic aeroclub aerodrome agents aircraft airtraffic ambulance association author ballooning
  broker caa cargo catering certification championship charter civilaviation club conference consultant consulting
  control council crew design dgca educator emergency engine engineer entertainment equipment exchange express
  federation flight freight fuel gliding government groundhandling group hanggliding homebuilt insurance journal
  journalist leasing logistics magazine maintenance media microlight modelling navigation parachuting paragliding
  pilot press production recreation research rotorcraft safety scientist services show skydiving software student
  trader trading trainer union workinggroup works
at: gv or priv
au: asn id info conf oz act nsw nt qld sa tas vic wa
az: biz info int name pp pro
ba: rs unbi unsa
bb: biz info store tv
bd: info
bh: biz cc info
bi: or
bj: africa agro architectes assur avocats eco econo info loisirs money restaurant resto tourism univ
bn: name
bo: gob int tv web academia agro arte blog bolivia ciencia cooperativa democracia deporte ecologia economia empresa
  industria info medicina movimiento musica natural nombre noticias patria plurinacional politica profesional revista
  salud tecnologia tksat transporte wiki
br: abc adm adv agr aju am anani aparecida app arq art ato b barueri belem bet bhz bib bio blog bmd boavista bsb
  campinagrande campinas caxias cim cng cnt coop coz cri cuiaba curitiba def des det dev ecn eco emp enf eng esp etc
  eti far feira flog floripa fm fnd fortal fot foz fst g12 geo ggf goiania gru imb ind inf jab jampa jdf joinville jor
  jus leg lel log londrina macapa maceio manaus maringa mat med mp mus natal niteroi nom not ntr odo ong osasco palmas
  poa ppg pro psc psi pvh qsl radio rec recife rep ribeirao rio riobranco riopreto salvador sampa santamaria
  santoandre saobernardo saogonca seg sjc slg slz sorocaba srv taxi tc tec teo the tmp trd tur tv udi vet vix vlog
  wiki zlg
bs: we
by: of
bz: za
ca: ab bc mb nb nf nl ns nt nu on pe qc sk yk gc
ci: or ed go asso aeroport int presse md gouv
cl: gob
cn: ah bj cq fj gd gs gx gz ha hb he hi hk hl hn jl js jx ln mo nm nx qh sc sd sh sn sx tj tw xj xz yn zj
co: arts firm info int nom rec web
cr: ed fi go or sa
cu: inf gob nat
cv: id int nome publ
cy: biz ekloges ltd parliament press pro tm
do: art gob sld web
dz: art asso pol soc tm
ec: fin gob info k12 med pro
ee: aip fie lib med pri riik
eg: eun name sci
es: gob nom
et: biz info name
fj: biz info name pro
fr: asso nom prd tm avoues cci greta gouv huissier-justice
ge: pvt school
gi: ltd mod
gp: asso mobi
gt: gob ind
gu: guam info web
hk: idv
hn: gob
hr: from iz name
ht: adult art asso coop firm gouv info med perso pol pro rel shop
hu: 2000 agrar bolt casino city erotica erotika film forum games hotel info ingatlan jogasz konyvelo lakas media news
  priv reklam sex shop sport suli szex tm tozsde utazas video
id: biz desa go my or ponpes sch web
il: idf k12 muni
im: ltd.co plc.co tt tv
in: 5g 6g ai am bihar biz business ca cn coop cs delhi dr er firm gen gujarat ind info int internet io me nic pg post
  pro res travel tv uk up us
ir: id sch
is: int
it: ag al an ao ap aq ar at av ba bg bi bl bn bo br bs bt bz ca cb ce ch ci cl cn cr cs ct cz en fc fe fg fi fm fr ge
  go gr im is kr lc le li lo lt lu mb mc me mi mn mo ms mt na no nu og or ot pa pc pd pe pg pi pn po pr pt pu pv pz ra
  rc re rg ri rm rn ro sa si so sp sr ss su sv ta te tn to tp tr ts tv ud va vb vc ve vi vr vs vt vv abruzzo
  basilicata calabria campania emilia-romagna lazio liguria lombardia marche molise piemonte puglia sardegna sicilia
  toscana umbria veneto agrigento alessandria ancona aosta arezzo ascoli-piceno asti avellino bari barletta belluno
  benevento bergamo biella bologna bolzano bozen brescia brindisi cagliari caltanissetta campobasso caserta catania
  catanzaro chieti como cosenza cremona crotone cuneo enna ferrara fermo firenze florence foggia frosinone genoa
  genova gorizia grosseto imperia isernia laquila la-spezia latina lecce lecco livorno lodi lucca macerata mantova
  matera messina milan milano modena monza naples napoli novara nuoro oristano padova padua palermo parma pavia
  perugia pescara piacenza pisa pistoia pordenone potenza prato ragusa ravenna rieti rimini roma rome rovigo salerno
  sassari savona siena siracusa sondrio taranto teramo terni torino trani trapani trento treviso trieste turin udine
  varese venezia venice verbania vercelli verona vicenza viterbo
jo: name phd sch eng fm per tv
jp: ad ed go gr lg ne or
ke: go info me mobi ne or sc
ki: biz info
km: ass asso coop gouv medecin nom notaires pharmaciens prd presse tm veterinaire
kp: rep tra
kr: ai es go hs io it kg me ms ne or pe re sc busan chungbuk chungnam daegu daejeon gangwon gwangju gyeongbuk gyeonggi
  gyeongnam incheon jeju jeonbuk jeonnam seoul ulsan
kw: emb ind
la: info int per c
lc: l p
lk: assn grp hotel int ltd ngo sch soc web
ls: biz info sc
lv: asn conf id
ly: id med plc sch
ma: press
mc: asso tm
me: its priv
mg: nom prd tm
mk: inf name
ml: ass asso gouv inst nom pr presse
mu: or
mv: aero biz coop info int museum name pro
mw: biz coop int
mx: gob
my: biz name
mz: adv
na: alt info
nc: asso nom
nf: arts firm info other per rec store web
ng: i mobi name sch
ni: biz gob in info int nom web
no: fhs folkebibl fylkesbibl idrett museum priv vgs dep herad kommune stat aa ah bu fm hl hm jan-mayen mr nl nt of ol
  oslo rl sf st svalbard tm tr va vf bergen trondheim stavanger tromso drammen
nr: biz info
nz: cri geek gen govt health iwi kiwi maori parliament school
om: med museum pro
pa: abo gob ing med nom sld
pe: gob nom
ph: i ngo
pk: biz fam fkp gkp gob gog gok gop gos info web
pl: agro aid atm auto biz gmina gsm info mail media miasta nieruchomosci nom pc powiat priv realestate rel sex shop
  sklep sos szkola targi tm tourism travel turystyka augustow babia-gora bedzin beskidy bialowieza bialystok bielawa
  bieszczady boleslawiec bydgoszcz bytom cieszyn czeladz czest dlugoleka elblag elk glogow gniezno gorlice grajewo
  ilawa jaworzno jelenia-gora jgora kalisz karpacz kartuzy kaszuby katowice kepno ketrzyn klodzko kobierzyce kolobrzeg
  konin konskowola kutno lapy lebork legnica lezajsk limanowa lomza lowicz lubin lukow malbork malopolska mazowsze
  mazury mielec mielno mragowo naklo nowaruda nysa olawa olecko olkusz olsztyn opoczno opole ostroda ostroleka
  ostrowiec ostrowwlkp pila pisz podhale podlasie polkowice pomorskie pomorze prochowice pruszkow przeworsk pulawy
  radom rawa-maz rybnik rzeszow sanok sejny skoczow slask slupsk sosnowiec stalowa-wola starachowice stargard suwalki
  swidnica swiebodzin swinoujscie szczecin szczytno tarnobrzeg tgory turek tychy ustka walbrzych warmia warszawa waw
  wegrow wielun wlocl wloclawek wodzislaw wolomin wroclaw zachpomor zagan zarow zgora zgorzelec
pr: biz est info isla name pro prof
pro: aaa aca acct avocat bar cpa eng jur law med recht
ps: plo sec
pt: int nome publ
py: coop una
qa: name sch
re: asso nom
ro: arts firm info nom nt rec store tm www
rs: in
ru: int msk spb
rw: coop
sa: med pub sch
sd: info med tv
se: fh fhsk fhv komforb kommunalforbund komvux lanbib naturbruksgymn parti pp press tm
sg: per
sn: art gouv perso univ
so: me
ss: biz me sch
st: consulado embaixada principe saotome store
sv: gob red
th: go in mi or
tj: biz go int name nic test web
tm: nom
tn: ens fin info intl mincom nat perso tourism
tr: av bbs bel biz dr gen info k12 kep name nc.gov pol tel tsk tv web
tt: aero biz cat coop info int jobs mobi museum name pro travel
tw: club ebiz game idv
tz: go hotel info me mobi ne or sc tv
ua: in cherkassy cherkasy chernigov chernihiv chernivtsi chernovtsy ck cn cr crimea cv dn dnepropetrovsk
  dnipropetrovsk donetsk dp if ivano-frankivsk kh kharkiv kharkov kherson khmelnitskiy khmelnytskyi kiev kirovograd km
  kr ks kv kyiv lg lt lugansk luhansk lutsk lv lviv mk mykolaiv nikolaev od odesa odessa pl poltava rivne rovno rv sb
  sebastopol sevastopol sm sumy te ternopil uz uzhgorod uzhhorod vinnica vinnytsia vn volyn yalta zakarpattia
  zaporizhzhe zaporizhzhia zhitomir zhytomyr zp zt
ug: go ne or sc
uk: ltd me nhs plc police sch
us: dni fed isa kids nsn
uy: gub
vc: d gv
ve: arts bib e12 firm gob info int nom rar rec store tec web
vi: k12
vn: ai biz health id info int io name pro
za: agric alt grondar law nic ngo nis nom school tm web
zm: biz info sch
`

/** Domains of hosting companies below which anybody can have a name, or a bucket, a tunnel, a shop. */
export const hostingDomains = `
000webhostapp.com a.run.app akamaihd.net akamaized.net altervista.org amazonaws.com amazonaws.com.cn
amplifyapp.com app.github.dev appdomain.cloud appspot.com aptible.in apps.fbsbx.com awsapprunner.com
azure-api.net azure-mobile.net azurecontainer.io azureedge.net azurefd.net azurestaticapps.net azurewebsites.net
b-cdn.net
backblazeb2.com base44.app base.shop beget.app bitbucket.io blob.core.windows.net blogspot.com bolt.host br.com 
bubbleapps.io builtwithdark.com canva.site carrd.co cdn77.net cfapps.io clickup.site cloudapp.azure.com cloudapp.net
cloudflarestorage.com cloudfront.net cloudfunctions.net cloudns.net cn.com co.com code.run codeberg.page codespot.com
convex.site
core.windows.net crd.co csb.app cyclic.app cyon.site database.windows.net ddns.net de.com deno.dev deno.net
digitaloceanspaces.com directory.githubusercontent.com discourse.group duckdns.org dyndns.org dynu.net edgecompute.app
edgekey.net
edgesuite.net elasticbeanstalk.com elb.amazonaws.com eu.com eu.ngrok.io eu.org evennode.com expo.app fastly.net
fastlylb.net
fermyon.app file.core.windows.net firebaseapp.com firebaseio.com fly.dev framer.ai framer.app framer.media framer.photos
framer.website framer.wiki freeddns.org freemyip.com ftp.sh gateway.dev gb.net ghost.io gitbook.io github.io
githubpreview.dev
githubusercontent.com gitlab.io gitpod.io glitch.me goip.de gotdns.org gr.com gradio.live hashnode.dev
hasura-app.io hasura.app herokuapp.com herokussl.com hf.space home.dyndns.org homeip.net hopto.me hopto.org hosted.app
hu.com hu.net in.net inc.hk is-a.dev jp.net jpn.com js.org kr.com koyeb.app leapcell.app
lhr.life linodeobjects.com loca.lt localhost.run localtunnel.me localto.net lovable.app ltd.hk mex.com mybluemix.net
mydns.jp myftp.biz myftp.org myfritz.net myjino.ru myshopify.com mysynology.net myqnapcloud.com netlify.app nfshost.com
ngrok-free.app ngrok-free.dev ngrok.app ngrok.dev ngrok.io ngrok.pizza ngrok.pro nhost.run nip.io no-ip.biz no-ip.info
no-ip.org
no.com noip.me northflank.app notion.site now-dns.net now.sh observableusercontent.com on.aws ondigitalocean.app
onrender.com
openshiftapps.com oraclecloudapps.com pages.dev pagekite.me pantheonsite.io pinggy.link 
 platformsh.site poki-gdn.com prvcy.page pythonanywhere.com qa2.com queue.core.windows.net r.appspot.com r2.dev
railway.app
 readthedocs.io redirectme.net repl.co repl.run replit.app replit.dev rhcloud.com ru.com ru.net run.app
s3.amazonaws.com.cn
sa.com schokokeks.net scrapheap.host se.com se.net selfip.com servebeer.com serveblog.net serveftp.com servegame.com
servehttp.com
serveo.net service.gov.uk servicebus.windows.net shop.pro shopifypreview.com shopitsite.com shopware.store sslip.io
square.site squarespace.site staging.onred.one static.land statichost.page storage.yandexcloud.net streamlit.app
streamlitapp.com
supabase.co supabase.in supabase.net surge.sh synology.me sytes.net table.core.windows.net tailscale.net traefik.me
trafficmanager.net translate.goog trycloudflare.com ts.net tunnelmole.net typedream.app typeform.site typo3.dev uk.com
uk.net
up.railway.app us.com usercontent.goog v0.build vercel.app vercel.dev vercel-dns.com vultrobjects.com vusercontent.net
web.app
web.core.windows.net webcontainer.io webflow.io weebly.com website.yandexcloud.net wedeploy.io withgoogle.com
withyoutube.com
wixsite.com wixstudio.com wixstudio.io wordpress.com workers.dev wpengine.com wpenginepowered.com xip.io za.com za.net
za.org zapto.org
zeabur.app
`
