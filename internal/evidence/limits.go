package evidence

// The bounds on what is read from one message. Each is far above what honest
// mail needs; whatever exceeds one is listed as a problem.
const (
	// maxHeaderBytes bounds one header: large mail systems refuse headers over
	// 64 to 256 KB, so what is longer was made to hurt.
	maxHeaderBytes = 256 << 10
	// maxHeaders bounds the headers of all messages and parts together, which
	// are held in memory while a message is read.
	maxHeaders = 4 << 20
	// maxHeaderFields bounds the fields kept of one header: a long Received
	// chain with ARC sets has some 150.
	maxHeaderFields = 1000
	// maxAllFields bounds the fields kept of all messages' headers together: a
	// digest of maxMessages has some 10,000.
	maxAllFields = 20_000
	// maxFieldBytes bounds one decoded field value: To fields of big lists run
	// to some KB.
	maxFieldBytes = 16 << 10
	// maxParts bounds the entities of one message, nested ones included. A
	// digest of a busy list has some hundred.
	maxParts = 1000
	// maxDepth bounds multipart nesting: clients stay under 6.
	maxDepth = 32
	// maxOriginals bounds how deep messages lie in messages.
	maxOriginals = 8
	// maxMessages bounds the messages of one document.
	maxMessages = 200
	// maxPartText bounds the decoded text kept of one body part.
	maxPartText = 1 << 20
	// maxAttachmentText bounds the text kept of one attached text file: the
	// first lines of a log say what the rest repeats.
	maxAttachmentText = 256 << 10
	// maxText bounds the text of the whole document, which is stored with it.
	maxText = 4 << 20
	// maxMeaning bounds the text whose words and addresses are told apart, in
	// the order of reading. It is the limit in time: the costliest text takes a
	// third of a second a MB, and a clock would let the same message be read
	// otherwise on a slower machine.
	maxMeaning = 2 << 20
	// maxDecodedText bounds what is decoded of one text part, before tags and
	// styles are dropped from HTML: newsletters run to some 100 KB.
	maxDecodedText = 4 << 20
	// maxElements bounds how deep HTML elements nest; browsers stop at 512.
	maxElements = 512
	// maxLinks bounds the links kept of one part.
	maxLinks = 2000
	// maxUnpacked bounds a file that is read whole into memory to be taken
	// apart: an encoded original, a .msg, a winmail.dat.
	maxUnpacked = 16 << 20
	// maxUnpackedTotal bounds all of them together.
	maxUnpackedTotal = 32 << 20
	// maxProblems bounds the list of problems.
	maxProblems = 100
)
